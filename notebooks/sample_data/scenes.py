"""One photo's scene: subject, table, light, clutter and camera, all drawn from one seeded generator."""

from dataclasses import dataclass

import numpy as np

import clutter
import room
from surfaces import GLAZE_KINDS, TABLES
from tableware import FINISHES, MAKERS


@dataclass
class Scene:
    bodies: list  # (mesh, Mitsuba material)
    environment: np.ndarray
    lights: list
    eye: list
    target: list
    up: list
    field_of_view: float  # of the longer side, degrees
    aperture: float  # radius of the lens, cm
    focus: float
    size: tuple  # as seen: width, height
    depth: int
    seed: int
    iso: float
    cast: tuple  # colour of the light
    quality: int
    orientation: int
    summary: str


# Height of the camera's view above the horizon, degrees, and the share of the picture the subject takes.
VIEWS = {"bowl": (22, 46), "cup": (14, 68), "cutlery": (38, 86), "plate": (21, 88)}


def compose(rng, label, number, overall):
    """The scene of picture `number` of a label and `overall` of all; tables and lights go round over all labels."""
    maker, kinds = MAKERS[label]
    kind, finish = kinds[number % len(kinds)], FINISHES[(overall * 7) % len(FINISHES)]
    table = list(TABLES)[(overall * 11) % len(TABLES)]
    light = room.light_of(rng, room.LIGHTS[(overall * 5) % len(room.LIGHTS)])
    subject = maker(rng, kind, finish, GLAZE_KINDS[(overall * 5 + overall // 12) % len(GLAZE_KINDS)])

    low, high = VIEWS[label]
    elevation = np.radians(low + (high - low) * rng.beta(1.6, 1.6))
    portrait = overall % 4 == 1
    size = (480, 640) if portrait else (640, 480)
    field_of_view = rng.uniform(48, 66)
    narrow = 2 * np.arctan(np.tan(np.radians(field_of_view) / 2) * 0.75)
    fill = rng.uniform(0.54, 1.0) if label != "cutlery" else rng.uniform(0.66, 0.95)
    # What must be seen: the subject's outline foreshortened by the view.
    extent = max(
        subject.radius * 0.92,
        0.5 * (subject.height * np.cos(elevation) + 2 * subject.radius * np.sin(elevation)),
    )
    distance = extent / np.tan(narrow / 2) / fill + subject.radius * np.cos(elevation) * 0.5
    target = np.array([*(extent * np.clip(rng.normal(0, 0.13, 2), -0.2, 0.2)), subject.height * 0.42])
    eye = target + distance * np.array([0, -np.cos(elevation), np.sin(elevation)])
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, [0, 0, 1.0])
    up = np.cross(right / np.linalg.norm(right), forward)
    roll = rng.normal(0, 0.05)
    up = up * np.cos(roll) + np.cross(forward, up) * np.sin(roll)

    turn = rng.uniform(0, 2 * np.pi)
    if label == "cup":  # the handle to a side, seldom behind
        away = rng.uniform(-1.2, 0.5)
        turn = away if rng.uniform() < 0.6 else np.pi - away
    bodies, lift = [], 0.0
    if rng.uniform() < 0.2:
        bodies, lift = clutter.underlay(rng, subject.radius)
        subject.radius *= 1.25
    bodies += subject.moved(0, 0, turn, lift).bodies
    bodies += clutter.arrange(
        rng, label, subject, int(rng.choice([0, 1, 2, 3, 4], p=[0.14, 0.28, 0.28, 0.2, 0.1]))
    )
    if rng.uniform() < 0.3:
        bodies += clutter.crumbs(rng, subject.radius)
    far_edge = subject.radius + rng.uniform(18, 60)
    bodies += room.furniture(rng, table, far_edge)

    lights = []
    if light["kind"] == "sun":
        a, b = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(25, 60))
        toward = [-np.cos(a) * np.cos(b), -np.sin(a) * np.cos(b), -np.sin(b)]
        power = rng.uniform(3, 7)
        lights.append(
            {
                "type": "directional",
                "direction": toward,
                "irradiance": {"type": "rgb", "value": [power * 1.1, power, power * 0.82]},
            }
        )
    if light["kind"] in ("lamp", "evening"):
        a, d = rng.uniform(0, 2 * np.pi), rng.uniform(35, 90)
        power = rng.uniform(20, 60)
        lights.append(
            {
                "type": "area",
                "place": (d * np.cos(a), d * np.sin(a), rng.uniform(60, 110), rng.uniform(5, 9)),
                "radiance": {"type": "rgb", "value": [c * power for c in light["warmth"]]},
            }
        )
    if light["kind"] == "flash":
        x, y, z = eye - forward * 3 + 2.5 * right / np.linalg.norm(right)
        power = (distance / 25) ** 2 * 550
        lights.append(
            {
                "type": "area",
                "place": (x, y, z, 0.6),
                "radiance": {"type": "rgb", "value": [power, power * 0.98, power * 0.93]},
            }
        )
    clear = finish == "glass" and label != "cutlery"
    orientation = 1 if not portrait or overall % 8 != 1 else (6 if overall % 16 == 1 else 8)
    return Scene(
        bodies=bodies,
        environment=room.environment(rng, light),
        lights=lights,
        eye=eye.tolist(),
        target=target.tolist(),
        up=up.tolist(),
        field_of_view=field_of_view,
        aperture=rng.uniform(0.06, 0.22),
        focus=float(distance - subject.radius * 0.35),
        size=size,
        depth=12 if clear else 6,
        seed=int(rng.integers(2**31)),
        iso={"day": 0.2, "sun": 0.05, "lamp": 0.7, "evening": 1.0, "mixed": 0.4, "flash": 0.5}[light["kind"]]
        * rng.uniform(0.7, 1.2),
        cast=tuple(light["warmth"]) if light["kind"] in ("lamp", "evening") else (1.0, 1.0, 1.0),
        quality=int(rng.integers(72, 95)),
        orientation=orientation,
        summary=f"{kind}, {finish}, {table}, {light['kind']} light",
    )
