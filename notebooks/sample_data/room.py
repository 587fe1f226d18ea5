"""The table, the room painted round it as an environment map, and its lights."""

import cv2
import numpy as np

import surfaces as s
from shapes import Mesh, rectangle_outline, slab

MAP = (256, 512)  # rows: from straight up to straight down; columns: once around


def environment(rng, light):
    """Radiance of the room in all directions, [rows, columns, 3], linear; the camera looks along +y."""
    h, w = MAP
    up = np.linspace(90, -90, h)[:, None] * np.ones((1, w))
    walls = [
        s.linear(s.pick(rng, ["#e6e1d6", "#cfd6d8", "#d9cbb4", "#b9c4b4", "#c9b3a8", "#9fb0bb", "#efeeea"]))
        for _ in range(4)
    ]
    room = np.zeros((h, w, 3), np.float32)
    offset = rng.integers(w)
    for k in range(4):
        room[:, (offset + np.arange(k * w // 4, (k + 1) * w // 4)) % w] = walls[k] * rng.uniform(0.7, 1.1)
    height = np.degrees(
        np.arctan2(
            rng.uniform(110, 170),
            220 / np.abs(np.cos((np.arange(w) - offset) / w * 8 * np.pi / 2) * 0.35 + 0.75),
        )
    )
    room = np.where((up > height[None, :])[..., None], s.linear(s.colour("#eeece6")) * 0.9, room)
    floor = s.linear(s.pick(rng, ["#7a5a3c", "#8f8578", "#5d564f", "#b09a7c", "#6d4a34"]))
    room = np.where((up < -22 - rng.uniform(0, 8))[..., None], floor * 0.6, room)

    def box(azimuth, width, low, high, tone, add=False):
        """A rectangle, in degrees; azimuth 0 is what the camera looks at, positive to the right."""
        centre = (azimuth / 360 + 0.5) * w
        columns = np.arange(int(centre - width / 720 * w), int(centre + width / 720 * w)) % w
        rows = slice(
            int((90 - high) / 180 * h), max(int((90 - low) / 180 * h), int((90 - high) / 180 * h) + 1)
        )
        block = np.ix_(np.arange(h)[rows], columns)
        room[block] = tone if not add else room[block] + tone

    for _ in range(rng.integers(6, 16)):  # furniture, shelves, pictures, doors
        low = rng.uniform(-24, 15)
        tone = s.linear(s.pick(rng, s.GLAZES + s.INKS + ["#6d4a34", "#3a2a20", "#a9805a"])) * rng.uniform(
            0.3, 0.9
        )
        box(rng.uniform(-180, 180), rng.uniform(4, 34), low, low + rng.uniform(6, 45), tone)
    base = {"day": 0.28, "sun": 0.3, "lamp": 0.16, "evening": 0.1, "mixed": 0.2, "flash": 0.1}[light["kind"]]
    room *= base
    sky = np.array({"day": (0.93, 1.0, 1.08), "sun": (0.9, 1.0, 1.15)}.get(light["kind"], (0.8, 1.0, 1.25)))
    for azimuth, width, low, high, power in light["windows"]:
        box(azimuth, width + 3, low - 2, high + 2, s.linear(s.colour("#f0eee8")) * base)
        panes = light["panes"]
        for k in range(panes):
            at = azimuth + (k - (panes - 1) / 2) * width / panes
            split = low + (high - low) * rng.uniform(0.1, 0.5)
            box(at, width / panes - 1.4, split, high, sky * power * rng.uniform(0.85, 1.1))
            box(
                at,
                width / panes - 1.4,
                low,
                split,
                np.array([0.55, 0.62, 0.45]) * power * rng.uniform(0.25, 0.7),
            )
    warm = np.array(light["warmth"])
    for azimuth, elevation, size, power in light["lamps"]:
        box(
            azimuth,
            size / max(0.15, np.cos(np.radians(elevation))),
            elevation - size / 2,
            elevation + size / 2,
            warm * power,
        )
    return np.maximum(cv2.GaussianBlur(room.astype(np.float32), (0, 0), 1.3), 0.002)


LIGHTS = ["day", "lamp", "sun", "mixed", "day", "evening", "day", "lamp", "sun", "flash", "mixed"]


def light_of(rng, kind):
    """What lights the room: windows (azimuth, width, low, high, power), lamps (azimuth, elevation, size, power)."""
    windows, lamps = [], []
    side = rng.choice([-1, 1]) * rng.uniform(25, 150)
    if kind in ("day", "sun", "mixed"):
        power = {"day": rng.uniform(5, 10), "sun": rng.uniform(3, 6), "mixed": rng.uniform(2, 4)}[kind]
        for _ in range(rng.integers(1, 3)):
            low = rng.uniform(2, 12)
            windows.append((side, rng.uniform(26, 70), low, low + rng.uniform(28, 48), power))
            side += rng.uniform(80, 150)
    elif kind == "evening":
        windows.append((side, rng.uniform(25, 50), 5, 40, 0.15))
    if kind in ("lamp", "mixed", "evening"):
        for _ in range(rng.integers(1, 4)):
            lamps.append(
                (rng.uniform(-180, 180), rng.uniform(48, 82), rng.uniform(6, 13), rng.uniform(25, 60))
            )
    if kind == "flash":
        lamps.append((rng.uniform(-180, 180), rng.uniform(40, 75), 9, rng.uniform(4, 9)))
    warmth = [(1.15, 0.92, 0.62), (1.2, 0.86, 0.5), (1.0, 1.0, 0.95), (1.1, 0.98, 0.8)][rng.integers(4)]
    return {
        "kind": kind,
        "windows": windows,
        "lamps": lamps,
        "panes": int(rng.integers(1, 4)),
        "warmth": warmth,
    }


def table_mesh(half_width, near, far, turn, shift):
    """The table's top face: a quad whose texture keeps its scale; turned with its grain."""
    corners = np.array(
        [[-half_width, -near, 0], [half_width, -near, 0], [half_width, far, 0], [-half_width, far, 0]], float
    )
    c, d = np.cos(turn), np.sin(turn)
    uv = (
        np.stack([corners[:, 0] * c + corners[:, 1] * d, -corners[:, 0] * d + corners[:, 1] * c], -1)
        / s.TABLE_CM
    )
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    return Mesh(corners, faces, np.tile([0.0, 0.0, 1.0], (4, 1)), uv + shift)


def furniture(rng, table, far_edge):
    """The table and what is behind it: bodies (mesh, material)."""
    maker, gloss = s.TABLES[table]
    image = maker(rng)
    grain = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.25)
    top = s.texture(image, "mirror")
    bsdf = s.matte(top) if gloss is None else s.varnished(top, gloss)
    bodies = [(table_mesh(90, 60, far_edge, grain, rng.uniform(0.35, 0.65, 2)), bsdf)]
    edge = s.varnished(image.mean(axis=(0, 1)) * 0.8, 0.3)
    bodies.append(
        (
            slab(rectangle_outline(180, 60 + far_edge, 0.5), 3.0, 0.3).moved(y=(far_edge - 60) / 2, z=-3.02),
            edge,
        )
    )
    if rng.uniform() < 0.35:  # a wall behind a worktop
        kind = rng.integers(3)
        if kind == 0:
            wall = s.tiles(
                rng,
                [["#ece9e2", "#e6e2da"], ["#9fb8b4", "#a9c0bc"], ["#c9b08a", "#d4bd99"]][rng.integers(3)],
                "#cfcac0",
                rng.uniform(8, 14),
            )
        else:
            wall = s.plain(
                rng, ["#d9d2c4", "#b9c4b4", "#e6e4de", "#c9a48f", "#8fa3ad"][rng.integers(5)], 0.03
            )
        mesh = table_mesh(120, 0, 120, 0.0, rng.uniform(0, 1, 2)).moved(tilt=(np.pi / 2, 0), y=far_edge + 1)
        bodies.append((mesh, s.varnished(wall, 0.2) if kind == 0 else s.matte(wall)))
    return bodies
