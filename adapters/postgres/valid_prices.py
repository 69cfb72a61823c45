"""The prices that are valid for a customer: what placing an order and asking for a price both read.

Which of them counts is `domain.prices.choose_prices`.
"""

# :tier None is that of the customer; :at None is now.
VALID_PRICES = """
    SELECT price.sku, unit_price, price_list.id AS price_list, tier, tax_included, valid_from
    FROM price JOIN price_list ON price_list.id = price.list
    WHERE price.sku = ANY(:skus) AND price.currency = :currency
      AND tier IN ('', COALESCE(:tier, (SELECT tier FROM customer WHERE ref = :customer), ''))
      AND (valid_from IS NULL OR valid_from <= COALESCE(CAST(:at AS timestamptz), now()))
      AND (valid_until IS NULL OR valid_until > COALESCE(CAST(:at AS timestamptz), now()))
"""
