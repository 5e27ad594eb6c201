"""Caravan's tables as Django sees them; it never creates or changes them."""

from django.db import models

from db.vocabulary import LibraryState, SalesStatus, Source


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
