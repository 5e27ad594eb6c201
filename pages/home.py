"""Home: what waits for somebody today. Each card opens exactly what it counts."""

from lib import queues
from lib.ui import cards, page

actor = page.open("Home", note="What waits for somebody. A card opens the list that it counts.")
cards.queues(page.read(queues.queues, actor))
