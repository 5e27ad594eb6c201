"""Caravan's tables as Django sees them; it never creates or changes them."""

from django.db import models

from db.vocabulary import LibraryState, OrderStatus, SalesStatus, Source, WorkStatus


class Category(models.Model):
    path = models.CharField(max_length=600)

    class Meta:
        managed = False
        db_table = "category"
        ordering = ("path",)

    def __str__(self) -> str:
        return self.path


class Product(models.Model):
    sku = models.CharField(max_length=80)
    ean = models.CharField(max_length=14, null=True)
    title_zh = models.CharField(max_length=500, null=True)
    title_en = models.CharField(max_length=500, null=True)
    category = models.ForeignKey(Category, null=True, on_delete=models.DO_NOTHING)
    brand = models.CharField(max_length=200, null=True)
    source = models.CharField(max_length=20, choices=list(Source.labels().items()))
    source_price = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    weight_grams = models.IntegerField(null=True)
    state = models.CharField(max_length=20, choices=list(LibraryState.labels().items()))
    sales_status = models.CharField(max_length=20, choices=list(SalesStatus.labels().items()))
    tags = models.CharField(max_length=500, null=True)
    remark = models.CharField(max_length=2000, null=True)
    picture = models.CharField(max_length=80, null=True)
    last_order_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "product"


class Store(models.Model):
    name = models.CharField(max_length=120)

    class Meta:
        managed = False
        db_table = "store"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    number = models.CharField(max_length=60)
    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING)
    country = models.CharField(max_length=2, null=True)
    status = models.CharField(max_length=20, choices=list(OrderStatus.labels().items()))
    work_status = models.CharField(max_length=20, choices=list(WorkStatus.labels().items()))
    fulfilment = models.CharField(max_length=10, choices=[("seller", "Seller"), ("amazon", "Amazon")])
    bought_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    ship_by = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(null=True)
    note = models.CharField(max_length=2000, null=True)
    tags = models.CharField(max_length=200, null=True)
    has_purchase = models.BooleanField()
    has_tracking = models.BooleanField()
    is_unlinked = models.BooleanField()
    is_canceled_bought = models.BooleanField()
    is_losing = models.BooleanField()

    class Meta:
        managed = False
        db_table = "customer_order"


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.DO_NOTHING, related_name="lines")
    product = models.ForeignKey(Product, null=True, on_delete=models.DO_NOTHING)
    sku = models.CharField(max_length=80)
    quantity = models.IntegerField()

    class Meta:
        managed = False
        db_table = "order_line"
