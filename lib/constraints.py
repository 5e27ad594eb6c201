"""The sentences behind the database's own rules: each rule that a person can run into, said once."""

from sqlalchemy.exc import IntegrityError

_SENTENCES = {
    ("product", "sku"): "This SKU is already used by another product. Choose another one.",
    ("code", "gtin14"): "This code (or its UPC/EAN twin) is already held. A code is used once, for ever.",
    ("listing", "store_id", "seller_sku"): "This SKU is already listed in that store.",
    ("listing", "store_id", "product_id"): "This product already has a listing in that store.",
    ("store", "name"): "There is already a store of that name.",
    ("category", "path"): "There is already a category of that name there.",
    (
        "price_tier",
        "category_id",
        "source",
        "threshold",
    ): "This category and source already have a tier from that price on.",
    ("exchange_rate", "base", "quote", "day"): "There is already a rate for that pair of currencies on that day.",
    ("experiment", "owner", "name"): "You already have an experiment of that name. Choose another one.",
    ("cosell_offer", "store_id", "sku"): "This SKU is already used by another offer in that store.",
    ("customer_order", "store_id", "number"): "That store already has an order of this number.",
    ("person", "username"): "That name cannot be used.",
    ("person", "email"): "That e-mail address cannot be used.",
    ("warehouse", "name"): "There is already a warehouse of that name.",
}
_STILL_USED = "Something else still needs this: delete or unlink that first."


def sentence(error: IntegrityError) -> str | None:
    """What rule was broken, for the person at the screen; None when it is one that no person can break."""
    text = str(error.orig)
    if "FOREIGN KEY" in text.upper():
        return f"{_STILL_USED} Nothing was saved."
    for (table, *columns), words in _SENTENCES.items():
        if f"uq_{table}_{'_'.join(columns)}" in text or ", ".join(f"{table}.{c}" for c in columns) in text:
            return f"{words} Nothing was saved."
    return None
