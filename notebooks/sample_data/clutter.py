"""What else stands about on a table: things that say nothing about the subject's label."""

import cv2
import numpy as np

import food
import surfaces as s
from shapes import Profile, ball, cloth, joined, lathe, rectangle_outline, resampled, rounded, slab, tube
from tableware import MAKERS, PIECES, cutlery_material, grip, split_at, thing


def page(rng, width, height, dark=False):
    """A printed page or a screen: lines of words, a title, a picture."""
    w, h = 384, int(384 * height / width)
    ground, ink = (
        (s.colour("#16181c"), s.colour("#b9c2cc"))
        if dark
        else (s.pick(rng, ["#f2efe8", "#fbfaf6"]), s.colour("#3b3b40"))
    )
    image = np.ascontiguousarray(np.broadcast_to(ground, (h, w, 3)), dtype=np.float32)
    y = int(h * 0.08)
    if rng.uniform() < 0.6:
        cv2.rectangle(
            image, (w // 10, y), (w * 9 // 10, y + h // 5), s.pick(rng, s.GLAZES + s.INKS).tolist(), -1
        )
        y += h // 4
    while y < h * 0.93:
        x, end = w // 10, w * (9 if rng.uniform() < 0.85 else 5) // 10
        while x < end:
            word = int(rng.integers(8, 40))
            cv2.line(image, (x, y), (min(end, x + word), y), ink.tolist(), 4)
            x += word + 8
        y += 13
    return image


def napkin(rng):
    base, ink = s.pick(rng, s.GLAZES), s.pick(rng, s.INKS)
    kind = rng.integers(4)
    n = 512
    k = np.arange(n) / n
    image = np.broadcast_to(base, (n, n, 3)).astype(np.float32)
    if kind == 1:
        image = s.mix(image, ink, np.tile(((k * 14) % 1 < 0.3).astype(np.float32)[:, None], (1, n)))
    if kind == 2:
        edge = np.minimum(np.minimum(k, 1 - k)[:, None], np.minimum(k, 1 - k)[None, :])
        image = s.mix(image, ink, ((edge > 0.05) & (edge < 0.08)).astype(np.float32))
    if kind == 3:
        check = ((k * 12).astype(int) % 2).astype(np.float32)
        image = s.mix(image, ink, 0.45 * check[:, None] + 0.45 * check[None, :])
    size = rng.uniform(15, 24)
    mesh = cloth(rng, size, size * rng.uniform(0.5, 1.0), rng.uniform(0.15, 0.9))
    return [(mesh, s.matte(s.weave(rng, image, 0.1)))]


def shaker(rng):
    """A salt or pepper pot."""
    height, r = rng.uniform(7, 10), rng.uniform(1.8, 2.4)
    body = rounded(
        [
            (0, 0),
            (r, 0),
            (r * rng.uniform(0.9, 1.1), height * 0.3),
            (r * 0.78, height * 0.75),
            (0, height * 0.75),
        ][::-1],
        0.4,
    )
    cap = rounded(
        [(0, height), (r * 0.72, height * 0.97), (r * 0.82, height * 0.75), (0, height * 0.74)], 0.5
    )
    fill = [
        s.varnished(s.pick(rng, s.GLAZES), 0.06),
        s.varnished(s.colour("#e8e4da"), 0.2),
        s.varnished(s.colour("#6b4426"), 0.3),
    ]
    return [
        (lathe(Profile(resampled(body, 0.2))), fill[rng.integers(3)]),
        (lathe(Profile(resampled(cap, 0.2))), s.metal("steel", 0.05)),
    ]


def bottle(rng):
    height, r = rng.uniform(20, 29), rng.uniform(2.9, 3.8)
    neck = r * rng.uniform(0.34, 0.45)
    points = [(0, height), (neck, height), (neck, height * 0.74), (r, height * 0.56), (r, 0), (0, 0)]
    tone = s.pick(rng, ["#23351f", "#2a1a10", "#33261a", "#c9c4b4", "#7a1f1a"])
    label = lathe(Profile(np.array([[r + 0.03, height * 0.46], [r + 0.03, height * 0.14]])))
    mesh = lathe(Profile(resampled(rounded(points, [0, 0.2, 2, 3, 0.6, 0]), 0.3)))
    return [(mesh, s.varnished(tone, 0.04)), (label, s.matte(page(rng, 3, 1)))]


def book(rng):
    width, depth, height = rng.uniform(12, 17), rng.uniform(18, 23), rng.uniform(1.2, 3.2)
    tone = s.pick(rng, s.GLAZES + s.INKS)
    cover = slab(rectangle_outline(width, depth, 0.25), 0.22, 0.06)
    front = page(rng, width, depth)
    front = s.mix(np.broadcast_to(tone, front.shape), front, 0.35)
    pages = slab(rectangle_outline(width - 0.5, depth - 0.6, 0.1), height - 0.4, 0.03).moved(z=0.21)
    return [
        (cover, s.varnished(tone, 0.2)),
        (pages, s.matte(s.colour("#efe8d8"))),
        (cover.moved(z=height - 0.22), s.varnished(front, 0.2)),
    ]


def phone(rng):
    body = slab(rectangle_outline(7.2, 14.9, 0.9), 0.8, 0.2)
    screen = slab(rectangle_outline(6.8, 14.5, 0.7), 0.03, 0.01).moved(z=0.79)
    face = s.varnished(page(rng, 1, 2, dark=True) * 0.5 if rng.uniform() < 0.4 else s.colour("#0b0b0d"), 0.03)
    return [
        (body, s.varnished(s.pick(rng, ["#1b1b1e", "#8b8d92", "#2f4f6f", "#c9b9a8"]), 0.15)),
        (screen, face),
    ]


def paper(rng):
    """A letter or a newspaper."""
    width, depth = [(14.8, 21.0), (21.0, 29.7), (10.5, 14.8)][rng.integers(3)]
    mesh = slab(rectangle_outline(width, depth, 0.05), 0.06, 0.01)
    return [(mesh, s.matte(page(rng, width, depth)))]


def pencil(rng):
    path = np.stack([np.linspace(-8.5, 7, 30), np.zeros(30), np.full(30, 0.36)], -1)
    tip = np.stack([np.linspace(7, 8.6, 12), np.zeros(12), np.full(12, 0.36)], -1)
    taper = np.linspace(0.7, 0.08, 12)
    return [
        (tube(path, 0.7, 0.7, 2.4), s.varnished(s.pick(rng, s.INKS), 0.12)),
        (tube(tip, taper, taper), s.matte(s.colour("#d9b98a"))),
    ]


def candle(rng):
    r, height = rng.uniform(2.6, 3.8), rng.uniform(4, 11)
    mesh = lathe(Profile(resampled(rounded([(0, height), (r, height), (r, 0), (0, 0)], 0.3), 0.3)))
    wick = tube(
        np.stack([np.linspace(0, 0.15, 8), np.zeros(8), height + np.linspace(-0.1, 0.9, 8)], -1), 0.16, 0.16
    )
    return [(mesh, s.varnished(s.pick(rng, s.GLAZES), 0.3)), (wick, s.matte(s.colour("#2a241e")))]


def plant(rng):
    """A small pot of herbs."""
    r, height = rng.uniform(4, 5.5), rng.uniform(6, 8.5)
    pot = lathe(
        Profile(
            resampled(
                rounded(
                    [
                        (0, height * 0.9),
                        (r * 0.92, height * 0.9),
                        (r * 0.95, height),
                        (r, height),
                        (r * 0.75, 0),
                        (0, 0),
                    ],
                    0.15,
                ),
                0.3,
            )
        )
    )
    leaves = [(m, b) for m, b in food.leaves(rng, r * 1.5, height * 0.95, 6.5) if True][:2]
    return [(pot, s.varnished(s.pick(rng, ["#b8642f", "#e9e2d3", "#57474a", "#9fb3bf"]), 0.4)), *leaves]


def coins(rng):
    out = []
    for x, y in food.scattered(rng, rng.integers(2, 5), 3.5, 2.6):
        coin = lathe(Profile(rounded([(0, 0.2), (1.15, 0.2), (1.15, 0), (0, 0)], 0.05)), 48)
        out.append((coin.moved(x, y), s.metal(["brass", "copper", "silver"][rng.integers(3)], 0.1)))
    return out


def single_fruit(rng):
    return food.fruit(rng)


def board(rng):
    """A chopping board."""
    w, d = rng.uniform(16, 22), rng.uniform(24, 32)
    mesh = slab(rectangle_outline(w, d, 1.8), 1.6, 0.3)
    grain = s.noise(rng, 512, 512, 60, 3, 5, 0.7)
    wood = s.mix(s.colour("#a9763f"), s.colour("#d9b27a"), 0.5 + 0.2 * grain)
    return [(mesh, s.varnished(wood, 0.35))]


def other_tableware(label):
    """A maker of something of another label, to stand cut off at the border of the picture."""

    def make(rng):
        others = [name for name in ("bowl", "cup", "plate") if name != label]
        maker, kinds = MAKERS[others[rng.integers(len(others))]]
        return maker(
            rng, kinds[rng.integers(len(kinds))], ["gloss", "satin", "stoneware"][rng.integers(3)]
        ).bodies

    return make


def one_piece(rng):
    """A single spoon, fork or knife beside a subject."""
    name = list(PIECES)[rng.integers(3)]
    handle, head = cutlery_material(rng)
    mesh = PIECES[name](rng, grip(rng), 15.0 if name == "spoon" else 18.5)
    mesh = mesh.moved(x=-mesh.vertices[:, 0].max() / 2)
    return list(zip(split_at(mesh, 1.0), (handle, head)))


def crumbs(rng, radius):
    """Crumbs scattered about the subject."""
    parts = []
    for _ in range(rng.integers(12, 60)):
        p = (radius + abs(rng.normal(1.5, 3))) * np.exp(1j * rng.normal(0, 1.4))
        parts.append(ball(rng, rng.gamma(2, 0.035) + 0.02, 0.7, 0.2, 10).moved(p.real, p.imag))
    return [(joined(parts), s.matte(s.pick(rng, ["#b98a50", "#8a5a30", "#e0cfa8"])))]


def underlay(rng, radius):
    """A place mat, a folded napkin or a board for the subject to stand on: (bodies, height)."""
    width, depth = 2 * radius * rng.uniform(1.05, 1.35, 2)
    kind = rng.integers(3)
    if kind == 0:
        outline, height, bevel = rectangle_outline(width, depth, 1.0), 0.3, 0.1
        image = s.straw(
            rng, [("#8c6c3d", "#d6b878"), ("#4a3a2a", "#8a7458"), ("#6f7f86", "#b5c2c4")][rng.integers(3)]
        )
    elif kind == 1:
        outline, height, bevel = rectangle_outline(width, depth * 0.8, 0.4), 0.4, 0.15
        image = s.weave(rng, np.broadcast_to(s.pick(rng, s.GLAZES), (s.TABLE_PX, s.TABLE_PX, 3)), 0.15)
    else:
        outline, height, bevel = rectangle_outline(width, depth, 2.0), 1.4, 0.3
        image = s.planks(rng, ("#7a5230", "#c79a62"), board=(200, 201), contrast=0.8)
    pixels = int(max(width, depth) / s.TABLE_CM * s.TABLE_PX)
    image = image[:pixels, :pixels]
    bsdf = s.varnished(image, 0.3) if kind == 2 else s.matte(image)
    return [(slab(outline, height, bevel).moved(turn=rng.normal(0, 0.15)), bsdf)], height


LOW = [napkin, phone, paper, pencil, coins, book, napkin, one_piece]
TALL = [shaker, single_fruit, candle, bottle, candle, plant, single_fruit, shaker, book]


def arrange(rng, label, subject, count):
    """`count` things round the subject, none on another, the tall ones behind it (+y) or at its sides.

    Returns the bodies.
    """
    placed, bodies = [(0.0, 0.0, subject.radius)], []
    for _ in range(count):
        tall = rng.uniform() < 0.5
        maker = (TALL if tall else LOW)[rng.integers(len(TALL if tall else LOW))]
        if label == "cutlery" and maker is one_piece:
            maker = napkin
        if rng.uniform() < 0.16:
            maker, tall = other_tableware(label), True
        made = thing(maker(rng))
        for _ in range(40):
            a = rng.uniform(-0.25, np.pi + 0.25) if tall else rng.uniform(0, 2 * np.pi)
            gap = rng.gamma(1.5, 2.5) + 0.7
            d = subject.radius + made.radius + gap
            x, y = d * np.cos(a), d * np.sin(a)
            if all(np.hypot(x - px, y - py) > made.radius + pr + 0.4 for px, py, pr in placed):
                placed.append((x, y, made.radius))
                bodies += made.moved(x, y, rng.uniform(0, 6.28)).bodies
                break
    return bodies
