"""Buyers lie nowhere in clear: not in the database, its journals, files, logs, the history or a backup, at no stage of an order."""

from lib import buyers
from lib.channels import ChannelBuyer

LI = ChannelBuyer("李晓明", "Shenzhen", "CN", "深南大道1000号", "518000", "+86 755 0000 0001", "li@buyers.example")


def test_a_sealed_buyer_shows_nothing_of_itself():
    sealed = buyers.seal(LI)
    assert not [value for value in vars(LI).values() if value.encode() in sealed and len(value) > 2]
