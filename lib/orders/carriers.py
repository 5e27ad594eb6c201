"""The carriers that Amazon knows by a code of its own; any other one is "Other" with a name."""

OTHER = "Other"

CODES = (
    "4PX", "Aramex", "Australia Post", "Bring", "Canada Post", "China Post", "Chronopost", "CNE Express", "Correos", "Deutsche Post",
    "DHL", "DHL eCommerce", "DPD", "Fastway", "FedEx", "GLS", "Hermes", "India Post", "JP_EXPRESS", "La Poste", "NITTSU", "OnTrac",
    "Parcelforce", "Poste Italiane", "PostNL", "PostNord", "Royal Mail", "SAGAWA", "Seur", "SF Express", "Sendle", "SDA", "TNT",
    "UPS", "UPS Mail Innovations", "USPS", "Winit", "YAMATO", "Yanwen", "Yodel", "Yun Express", OTHER,
)  # fmt: skip

USUAL = {
    "AU": "Australia Post",
    "CA": "Canada Post",
    "DE": "DHL",
    "ES": "Correos",
    "FR": "La Poste",
    "GB": "Royal Mail",
    "IT": "Poste Italiane",
    "JP": "YAMATO",
    "UK": "Royal Mail",
    "US": "USPS",
}
"""What a form proposes in a marketplace until somebody has shipped there."""
