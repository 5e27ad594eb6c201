"""The lists of products and of orders, with the columns, filters and search of our own pages."""

from typing import Any

from django.contrib import admin

from bench.django_admin.models import Order, Product


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


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """Its lines are fetched for the whole page at once, as somebody would write it who knows Django."""

    list_display = (
        "number", "store", "country", "status", "work_status", "bought_at", "ship_by", "total", "currency", "note", "tags", "items",
    )  # fmt: skip
    list_filter = (
        "store", "status", "work_status", "fulfilment", "currency", "country", "has_purchase", "has_tracking", "is_unlinked",
        "is_canceled_bought", "is_losing",
    )  # fmt: skip
    list_select_related = ("store",)
    list_per_page = 50
    search_fields = ("number", "lines__sku", "lines__product__title_en", "lines__product__title_zh")
    ordering = ("-bought_at", "-id")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("lines__product")

    def items(self, order: Order) -> str:
        return ", ".join(f"{line.sku} × {line.quantity}" for line in order.lines.all())
