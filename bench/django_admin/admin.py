"""The list of products, with the columns, filters and search of our own page."""

from django.contrib import admin

from bench.django_admin.models import Product


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = (
        "picture", "sku", "title_zh", "title_en", "category", "source", "source_price", "currency", "sales_status", "state", "ean",
        "brand", "weight_grams", "tags", "remark", "last_order_at", "updated_at", "created_at",
    )  # fmt: skip
    list_filter = ("state", "sales_status", "category", "source", ("ean", admin.EmptyFieldListFilter))
    list_select_related = ("category",)
    list_per_page = 50
    search_fields = ("title_zh", "title_en", "sku")
    ordering = ("-updated_at", "-id")
