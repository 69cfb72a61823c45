"""What the shop of the journeys sells, from where: CSV files as `orderloom load` takes them.

Boston is nearest to the customers, and has no cups: an order with tea and a cup comes from New
York whole. Pots are in Austin only, so tea for Boston's whole stock and a pot come from two places.
Customer T-1 has prices of the trade, without tax.
"""

from pathlib import Path

FILES = {
    "products.csv": "sku,name\nTEA,Tea\nCUP,Cup\nPOT,Pot\n",
    "prices.csv": "sku,currency,unit_price\nTEA,USD,500\nCUP,USD,900\nPOT,USD,4000\n",
    "price-lists.csv": "id,tax_included,tier\ntrade,no,trade\n",
    "trade-prices.csv": "sku,currency,unit_price,list\nTEA,USD,400,trade\nPOT,USD,3200,trade\n",
    "customers.csv": "ref,tier,credit_limit,credit_currency\nT-1,trade,,\nB-1,,5000,USD\n",
    "locations.csv": (
        "id,name,country,region,latitude,longitude\n"
        "BOS,Boston,US,MA,42.4,-71.1\n"
        "NYC,New York,US,NY,40.7,-74.0\n"
        "AUS,Austin,US,TX,30.3,-97.7\n"
    ),
    "stock.csv": (
        "sku,location,on_hand,safety\n"
        "TEA,BOS,1000,0\nTEA,NYC,1000,0\nCUP,NYC,1000,0\nCUP,AUS,1000,0\nPOT,AUS,1000,0\n"
    ),
    "tax.csv": "country,region,rate_bp\nUS,,625\n",
    "places.csv": "country,region,city,latitude,longitude\nUS,MA,Boston,42.4,-71.1\n",
}


def write_catalog(folder: Path) -> list[Path]:
    for name, content in FILES.items():
        (folder / name).write_text(content)
    return [folder / name for name in FILES]
