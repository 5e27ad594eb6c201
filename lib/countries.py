"""Countries by their names, as shops' files write them: the two letters that an order keeps."""

NAMES = {
    "australia": "AU", "austria": "AT", "bahrain": "BH", "belgium": "BE", "brazil": "BR", "bulgaria": "BG", "canada": "CA", "china": "CN",
    "croatia": "HR", "cyprus": "CY", "czech republic": "CZ", "czechia": "CZ", "denmark": "DK", "egypt": "EG", "eire": "IE", "estonia": "EE",
    "finland": "FI", "france": "FR", "germany": "DE", "deutschland": "DE", "great britain": "GB", "greece": "GR", "hong kong": "HK",
    "hungary": "HU", "iceland": "IS", "india": "IN", "ireland": "IE", "israel": "IL", "italy": "IT", "japan": "JP", "korea": "KR",
    "kuwait": "KW", "latvia": "LV", "lebanon": "LB", "lithuania": "LT", "luxembourg": "LU", "malaysia": "MY", "malta": "MT", "mexico": "MX",
    "netherlands": "NL", "new zealand": "NZ", "norway": "NO", "poland": "PL", "portugal": "PT", "romania": "RO", "rsa": "ZA",
    "saudi arabia": "SA", "singapore": "SG", "slovakia": "SK", "slovenia": "SI", "south africa": "ZA", "south korea": "KR", "spain": "ES",
    "sweden": "SE", "switzerland": "CH", "taiwan": "TW", "thailand": "TH", "turkey": "TR", "uae": "AE", "uk": "GB",
    "united arab emirates": "AE", "united kingdom": "GB", "united states": "US", "united states of america": "US", "usa": "US",
    "vietnam": "VN", "中国": "CN", "美国": "US", "英国": "GB", "德国": "DE", "法国": "FR", "日本": "JP",
}  # fmt: skip


def code(name: str) -> str | None:
    """'US' for 'United States' or 'us'; None for what is no country known here.

    >>> code(" United Kingdom")
    'GB'
    """
    said = " ".join(name.split()).casefold()
    if said in NAMES:
        return NAMES[said]
    return said.upper() if len(said) == 2 and said.isascii() and said.isalpha() else None
