"""The names of the columns of every table, written once."""

from __future__ import annotations

USER, ITEM, RATING, TIMESTAMP = "user_id", "item_id", "rating", "timestamp"
TITLE, BRAND, CATEGORY, PRICE, IMAGE = "title", "brand", "category", "price", "image_url"
IN_STOCK = "in_stock"

CATALOG_COLUMNS = (ITEM, TITLE, BRAND, CATEGORY, PRICE, IMAGE, IN_STOCK)

PATH = " > "
"""Between the levels of a category: Electronics > Computers > Laptops."""
SEVERAL = " | "
"""Between several categories of one item: Comedy | Drama."""
