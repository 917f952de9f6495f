"""The dozen sample pins: what the stand-in knows of each, as data.

Half of them are Northwind's, the brand of the sandbox's Slack workspace; the rest belong to
people and makers who are not connected, as on the real platform. The pictures are drawn for
this project (pictures/LICENSE).
"""

from dataclasses import dataclass

PICTURE_WIDTH = 600
PICTURE_HEIGHT = 900


@dataclass(frozen=True, slots=True)
class Creator:
    """Who made pins: the name people see and the user name in addresses."""

    username: str
    name: str

    @property
    def url(self) -> str:
        """The creator's page on Pinterest."""
        return f"https://www.pinterest.com/{self.username}/"


@dataclass(frozen=True, slots=True)
class Board:
    """A board that pins are saved to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Pin:
    """One sample pin; `picture` is the file name without its ending."""

    id: str
    title: str
    description: str
    alt_text: str
    link: str
    creator: Creator
    board: Board
    dominant_color: str
    picture: str
    created_at: str

    @property
    def url(self) -> str:
        """The address people share."""
        return f"https://www.pinterest.com/pin/{self.id}/"


NORTHWIND = Creator("northwind", "Northwind Home")
KILN = Creator("kilnandthistle", "Kiln & Thistle")
FERN = Creator("fernhaus", "Fernhaus Studio")
ODA = Creator("odapatchwork", "Oda Patchwork")
LARK = Creator("larkweekends", "Lark Weekends")

_WORK = Board("549755885175", "Rooms to work in")
_LIVING = Board("549755885176", "Quiet living rooms")
_LIGHT = Board("549755885177", "Light")
_CLAY = Board("549755885180", "Clay")
_GREEN = Board("549755885181", "Small gardens")
_CLOTH = Board("549755885182", "Quilts in progress")
_OUT = Board("549755885183", "Slow weekends")

PINS: tuple[Pin, ...] = (
    Pin(
        "99360735500167749",
        "Oak writing desk for a bright corner",
        "A writing desk in solid oak with three shallow drawers, made for the spot under a "
        "window. 120 cm wide, oiled by hand, ships flat.",
        "A light oak desk with three drawers under a window, with books, a brass lamp and a "
        "dark wooden chair.",
        "https://northwind.example/desks/oak-writing-desk",
        NORTHWIND,
        _WORK,
        "#E5CDAE",
        "oak-desk",
        "2026-03-02T09:12:00",
    ),
    Pin(
        "99360735500167752",
        "Linen curtains that let the morning in",
        "Undyed Baltic linen, washed once so that it hangs soft from the first day. Made to "
        "measure, with wooden rings.",
        "Cream linen curtains at a tall window with a view of the sea.",
        "https://northwind.example/textiles/linen-curtains",
        NORTHWIND,
        _LIVING,
        "#E8E4D6",
        "linen-curtains",
        "2026-03-09T08:40:00",
    ),
    Pin(
        "99360735500167755",
        "Floating walnut shelves, three lengths",
        "Solid walnut on a hidden steel rail. Holds 18 kg a metre, and looks as if it held "
        "nothing at all.",
        "Three walnut shelves with books, a radio, a lamp and plants on a teal wall.",
        "https://northwind.example/storage/walnut-shelf",
        NORTHWIND,
        _LIVING,
        "#22545F",
        "walnut-shelf",
        "2026-03-16T10:05:00",
    ),
    Pin(
        "99360735500167758",
        "Three pendant lamps over one long table",
        "Woven cane, blown glass, pleated linen: mix them at different heights. Dimmable, with "
        "two metres of textile cord.",
        "Three lit pendant lamps in cane, teal glass and rose linen over a table laid for four.",
        "https://northwind.example/light/pendant-lamps",
        NORTHWIND,
        _LIGHT,
        "#4A2A52",
        "pendant-lamps",
        "2026-04-01T17:30:00",
    ),
    Pin(
        "99360735500167761",
        "A reading nook under a round window",
        "Bench with drawers, a wool throw and shelves on both sides. Drawings and the cutting "
        "list are on our page. The cat is not included.",
        "A cushioned bench in an arched alcove with a round window, bookshelves and a sleeping "
        "black cat.",
        "https://northwind.example/ideas/reading-nook",
        NORTHWIND,
        _LIVING,
        "#2F5348",
        "reading-nook",
        "2026-04-12T12:00:00",
    ),
    Pin(
        "99360735500167764",
        "Cabin kitchen with a stove that works all winter",
        "Green fronts, an oak top and copper within reach. The cabinets come in six widths.",
        "A wooden cabin kitchen with a lit iron stove, copper pans and snow outside the window.",
        "https://northwind.example/kitchens/cabin",
        NORTHWIND,
        _WORK,
        "#7A4A2C",
        "cabin-kitchen",
        "2026-05-03T07:55:00",
    ),
    Pin(
        "318981611088620417",
        "Speckled stoneware vase, dipped in teal",
        "Thrown in two parts, joined while still soft. The speckle is iron from our own river.",
        "A speckled stoneware vase dipped in teal glaze, with eucalyptus, in a terracotta niche.",
        "https://kilnandthistle.example/vases/river",
        KILN,
        _CLAY,
        "#C9694A",
        "stoneware-vase",
        "2026-02-20T14:20:00",
    ),
    Pin(
        "318981611088620420",
        "Indigo tea set for a slow afternoon",
        "A pot and three cups, carved with waves and brushed with plum blossom.",
        "An indigo teapot with a blossom pattern and three cups on a wooden tray under a "
        "flowering branch.",
        "https://kilnandthistle.example/tea/indigo",
        KILN,
        _CLAY,
        "#F3C3B0",
        "hand-thrown-tea-set",
        "2026-04-05T15:45:00",
    ),
    Pin(
        "672091944411385920",
        "Balcony garden, three square metres",
        "Agave, lavender, two tomatoes and a table for two. What to plant where the sun comes "
        "only in the evening.",
        "A balcony with potted plants, string lights and a small table above a city at sunset.",
        "https://fernhaus.example/balcony",
        FERN,
        _GREEN,
        "#8A6AA0",
        "balcony-garden",
        "2026-05-21T19:10:00",
    ),
    Pin(
        "672091944411385923",
        "Moss terrarium in a corked jar",
        "Gravel, sand, soil, moss: four layers, a spoon and an hour. Water it twice a year.",
        "A large corked jar with moss, ferns, red mushrooms and pink flowers, glowing softly.",
        "https://fernhaus.example/terrarium",
        FERN,
        _GREEN,
        "#1A2A35",
        "moss-terrarium",
        "2026-06-02T18:00:00",
    ),
    Pin(
        "844493675417722301",
        "Harvest star quilt from a box of scraps",
        "Forty-eight blocks, no two alike. The pattern fits on one page.",
        "A patchwork quilt of star blocks drying on a line in a flowering meadow.",
        "https://odapatchwork.example/harvest-star",
        ODA,
        _CLOTH,
        "#B9CFA8",
        "harvest-star-quilt",
        "2026-06-18T11:25:00",
    ),
    Pin(
        "905012187640338114",
        "Picnic for six, nothing to reheat",
        "Strawberry tart, watermelon, two cheeses and more lemonade than you think you need.",
        "A red gingham cloth in a meadow from above, with a basket, tart, lemonade and melon.",
        "https://larkweekends.example/picnic",
        LARK,
        _OUT,
        "#8DBB62",
        "meadow-picnic",
        "2026-07-04T09:00:00",
    ),
)

PIN_BY_ID = {pin.id: pin for pin in PINS}
BOARD_BY_ID = {pin.board.id: pin for pin in PINS}

#: Where the short link of each code leads; the bad ones are for tests of bad input.
SHORT_LINKS: dict[str, str] = {
    "oakdesk": "https://www.pinterest.com/pin/99360735500167749/sent/?invite_code=0a1b2c",
    "quilt": "https://www.pinterest.com/pin/844493675417722301/",
    "terrarium": "https://pin.it/moss",
    "moss": "https://www.pinterest.co.uk/pin/moss-terrarium--672091944411385923/",
    "profile": "https://www.pinterest.com/northwind/",
    "inside": "http://127.0.0.1:9/pin/99360735500167749/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "elsewhere": "https://pins.example.com/pin/99360735500167749/",
    "loop": "https://pin.it/loop",
    **{f"hop{n}": f"https://pin.it/hop{n + 1}" for n in range(1, 7)},
    "hop7": "https://www.pinterest.com/pin/99360735500167749/",
}
