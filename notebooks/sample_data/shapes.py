"""Meshes of tableware as numpy arrays: lathes, sweeps and slabs. Lengths are centimetres, z points up."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh with smooth normals.

    vertices, normals: float [n, 3]; uv: float [n, 2]; faces: int [m, 3], counter-clockwise seen from outside.
    """

    vertices: np.ndarray
    faces: np.ndarray
    normals: np.ndarray
    uv: np.ndarray

    def moved(self, x=0.0, y=0.0, z=0.0, turn=0.0, scale=1.0, tilt=(0.0, 0.0)):
        """Scaled, tilted about x then y, turned about z (radians), then shifted."""
        a, b = tilt
        about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
        about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
        about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        rotation = about_z @ about_y @ about_x
        return replace(
            self,
            vertices=(self.vertices * scale) @ rotation.T + np.array([x, y, z]),
            normals=self.normals @ rotation.T,
        )

    def grounded(self, z=0.0):
        """Shifted so that its lowest vertex lies at `z`."""
        return self.moved(z=z - self.vertices[:, 2].min())

    @property
    def radius(self):
        """Radius of the circle about the origin of the xy plane that holds the mesh."""
        return float(np.hypot(self.vertices[:, 0], self.vertices[:, 1]).max())

    @property
    def height(self):
        return float(self.vertices[:, 2].max())


def joined(meshes):
    """One mesh out of many."""
    starts = np.cumsum([0] + [len(m.vertices) for m in meshes])
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.faces + s for m, s in zip(meshes, starts)]),
        np.concatenate([m.normals for m in meshes]),
        np.concatenate([m.uv for m in meshes]),
    )


def grid_mesh(points, uv=None, closed=False):
    """A mesh over a grid of points [rows, columns, 3], with row x column pointing outside.

    With `closed` the last column repeats the first and shares its normals. A row that is one point (a pole) shares one.
    """
    rows, columns, _ = points.shape
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    vertices = points.reshape(-1, 3)
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    faces = faces[np.linalg.norm(across, axis=1) > 1e-12]
    normals = np.zeros_like(vertices)
    weights = across[np.linalg.norm(across, axis=1) > 1e-12]
    for k in range(3):
        np.add.at(normals, faces[:, k], weights)
    grid = normals.reshape(rows, columns, 3)
    if closed:
        grid[:, 0] += grid[:, -1]
        grid[:, -1] = grid[:, 0]
    for row in range(rows):
        if np.ptp(points[row], axis=0).max() < 1e-9:
            grid[row] = grid[row].sum(axis=0)
    normals = grid.reshape(-1, 3)
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    if uv is None:
        v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
        uv = np.stack([u, v], -1)
    return Mesh(vertices, faces, normals, uv.reshape(-1, 2))


def rounded(points, radii, steps=7):
    """A polyline with its inner corners rounded, `radii` one for all or one per point."""
    points = np.asarray(points, float)
    radii = np.broadcast_to(radii, len(points))
    out = [points[0]]
    for before, corner, after, radius in zip(points[:-2], points[1:-1], points[2:], radii[1:-1]):
        if radius < 1e-9:
            out.append(corner)
            continue
        to_before, to_after = before - corner, after - corner
        reach = min(radius, 0.49 * np.linalg.norm(to_before), 0.49 * np.linalg.norm(to_after))
        start = corner + to_before / np.linalg.norm(to_before) * reach
        end = corner + to_after / np.linalg.norm(to_after) * reach
        t = np.linspace(0, 1, steps)[:, None]
        out.extend((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)
    out.append(points[-1])
    return np.array(out)


def resampled(curve, step):
    """A polyline with points at most `step` apart, its own corners kept."""
    out = [curve[:1]]
    for a, b in zip(curve[:-1], curve[1:]):
        n = max(1, int(np.ceil(np.linalg.norm(b - a) / step)))
        out.append(a + (b - a) * np.linspace(0, 1, n + 1)[1:, None])
    return np.concatenate(out)


@dataclass(frozen=True)
class Profile:
    """A closed lathe profile (r, z): from the middle of the inside over the rim to the middle of the underside."""

    points: np.ndarray

    @property
    def arc(self):
        """Arc length at each point."""
        return np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(self.points, axis=0), axis=1))])

    @property
    def rim(self):
        """Index of the rim: the highest point, the outermost where several are."""
        return int(np.argmax(self.points[:, 1] + 1e-3 * self.points[:, 0]))

    def inside_height(self, r):
        """Height of the inner surface at radius `r`."""
        inner = self.points[: self.rim + 1]
        return float(np.interp(r, np.maximum.accumulate(inner[:, 0]), inner[:, 1]))

    def inside_radius(self, z):
        """Radius of the inner surface at height `z`."""
        inner = self.points[: self.rim + 1]
        return float(np.interp(z, np.maximum.accumulate(inner[:, 1]), inner[:, 0]))

    def outside_radius(self, z):
        """Radius of the outer surface at height `z`."""
        outer = self.points[self.rim :][::-1]
        return float(np.interp(z, np.maximum.accumulate(outer[:, 1]), outer[:, 0]))


def shell(outer, thickness, floor, foot=None):
    """The profile of a vessel whose outer side is the curve `outer`, from base to rim, with walls of `thickness`.

    `floor` is the height of the inner bottom; `foot` (height, width) puts the vessel on a ring.
    """
    outer = resampled(np.asarray(outer, float), 0.12)
    tangent = np.gradient(outer, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    inner = outer + thickness * np.stack([-tangent[:, 1], tangent[:, 0]], -1)
    inner = inner[(inner[:, 1] > floor + 1e-3) & (inner[:, 0] > 0.05)]
    corner = np.array([[max(0.1, inner[0, 0] - 0.25 * thickness), floor]])
    inside = np.concatenate([[[0.0, floor]], corner, inner])
    middle = (inner[-1] + outer[-1]) / 2 + tangent[-1] * thickness * 0.5
    lip = (inner[-1] + tangent[-1] * thickness * 0.4, middle, outer[-1] + tangent[-1] * thickness * 0.4)
    rim = rounded([inner[-1], *lip, outer[-1]], thickness * 0.45, 4)
    base_r, base_z = outer[0]
    if foot:
        foot_height, foot_width = foot
        r = base_r
        under = [
            (r, base_z),
            (r + 0.02, 0.06),
            (r - 0.08, 0),
            (r - foot_width, 0),
            (r - foot_width - 0.1, foot_height),
        ]
    else:
        under = [(base_r, base_z), (max(0.1, base_r - 0.15), 0)]
    points = np.concatenate(
        [inside, rim[1:-1], outer[::-1], rounded([*under, (0.0, under[-1][1])], 0.06, 3)[1:]]
    )
    keep = np.concatenate([[True], np.linalg.norm(np.diff(points, axis=0), axis=1) > 1e-4])
    points = points[keep]
    points[:, 0] = np.maximum(points[:, 0], 0)
    return Profile(resampled(points, 0.25))


def vessel(top, base, height, power=0.6, bulge=0.0, flare=0.0, thickness=0.35, foot=0.0):
    """Profile of a bowl or a cup: its radius grows from `base` to `top` with height ** power.

    power: 1 is a cone, below 1 a round belly, above 1 a trumpet; bulge: extra radius in the middle; flare: at the lip.
    """
    h = np.linspace(0, 1, 60)
    r = base + (top - base) * h**power + bulge * np.sin(np.pi * h) + flare * h**9
    body = np.stack([r, foot + (height - foot) * h], -1)
    corner = 0.0 if foot else min(0.6, base * 0.2)
    if corner:
        body = np.concatenate([[[base - corner, 0.0]], body])
        body = np.concatenate([rounded(body[:6], [0, corner, 0, 0, 0, 0], 6), body[6:]])
    return shell(body, thickness, max(foot + thickness * 0.9, thickness), (foot, 0.45) if foot else None)


def plate_profile(radius, well, depth, rim_rise, thickness=0.4, coupe=False):
    """Profile of a plate: a flat well, a step of `depth`, a rim that climbs `rim_rise` (or one curve, `coupe`)."""
    if coupe:
        t = np.linspace(0, 1, 24)
        r = well + (radius - well) * np.sin(t * np.pi / 2)
        z = thickness + 0.25 + (depth + rim_rise) * (1 - np.cos(t * np.pi / 2))
        top = np.concatenate([[[0, thickness + 0.25]], np.stack([r, z], -1)])
    else:
        z = thickness + 0.25
        corners = [(0, z), (well, z), (well + depth * 0.7, z + depth), (radius, z + depth + rim_rise)]
        top = rounded(corners, [0, depth * 0.9, depth * 0.6, 0])
    top = resampled(top, 0.3)
    tangent = np.gradient(top, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    below = top - thickness * np.stack([-tangent[:, 1], tangent[:, 0]], -1)
    below = below[below[:, 0] > well * 0.93][::-1]
    edge = rounded([top[-1], top[-1] + tangent[-1] * 0.15, below[0] + tangent[-1] * 0.15, below[0]], 0.14, 4)
    foot = [below[-1], (well * 0.92, 0.0), (well * 0.92 - 0.4, 0.0), (well * 0.92 - 0.5, 0.25), (0.0, 0.25)]
    return Profile(resampled(np.concatenate([top, edge[1:-1], below, rounded(foot, 0.1, 3)[1:]]), 0.35))


def lathe(profile, segments=144, modulation=None):
    """The profile turned about z; `modulation(theta, weight)` scales the radius, its weight 1 at the widest part."""
    theta = np.linspace(0, 2 * np.pi, segments + 1)
    r, z = profile.points[:, 0:1], profile.points[:, 1:2]
    scale = np.ones((len(r), segments + 1))
    if modulation is not None:
        scale = np.broadcast_to(modulation(theta[None, :], np.clip(r / r.max(), 0, 1)), scale.shape)
    points = np.stack(
        [r * scale * np.cos(theta), r * scale * np.sin(theta), np.broadcast_to(z, scale.shape)], -1
    )
    points[:, -1] = points[:, 0]
    v = profile.arc / profile.arc[-1]
    uv = np.stack(np.broadcast_arrays((theta / (2 * np.pi))[None, :], v[:, None]), -1)
    return grid_mesh(points, uv, closed=True)


def tube(path, width, thick, squareness=2.0, around=28):
    """A bar swept along a path [n, 3]: `width` along y, `thick` across (one number or one per point), ends closed.

    The cross-section is a superellipse: 2 round, larger squarer. The path must not run along y.
    """
    path = np.asarray(path, float)
    n = len(path)
    width, thick = np.broadcast_to(width, n), np.broadcast_to(thick, n)
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.cross(np.array([0.0, 0.0, 1.0]), tangent) if abs(tangent[:, 2]).max() < 0.9 else None
    side = (
        np.tile([0.0, 1.0, 0.0], (n, 1))
        if side is None
        else side / np.linalg.norm(side, axis=1, keepdims=True)
    )
    up = np.cross(tangent, side)
    phi = np.linspace(0, 2 * np.pi, around + 1)
    power = 2 / squareness
    c = np.sign(np.cos(phi)) * np.abs(np.cos(phi)) ** power
    s = np.sign(np.sin(phi)) * np.abs(np.sin(phi)) ** power
    ring = (
        path[:, None]
        + side[:, None] * (0.5 * width[:, None, None]) * c[None, :, None]
        + up[:, None] * (0.5 * thick[:, None, None]) * s[None, :, None]
    )
    ring = np.concatenate(
        [np.repeat(path[:1, None], around + 1, 1), ring, np.repeat(path[-1:, None], around + 1, 1)]
    )
    ring[:, -1] = ring[:, 0]
    mesh = grid_mesh(ring, closed=True)
    centre = np.repeat(np.concatenate([path[:1], path, path[-1:]]), around + 1, 0)
    if np.sum((mesh.vertices - centre) * mesh.normals) < 0:
        mesh = replace(mesh, faces=mesh.faces[:, ::-1].copy(), normals=-mesh.normals)
    return mesh


def slab(outline, height, bevel=0.1, rise=None):
    """A flat body over a star-shaped outline [n, 2], its edges rounded; `rise(x, y)` lifts its top side."""
    outline = np.asarray(outline, float)
    outline = np.concatenate([outline, outline[:1]])
    middle = outline[:-1].mean(axis=0)
    reach = np.linalg.norm(outline - middle, axis=1).mean()

    def ring(inset, z):
        points = middle + (outline - middle) * max(0.0, 1 - inset / reach)
        lift = rise(points[:, 0], points[:, 1]) if rise is not None and z > height * 0.5 else 0.0
        return np.stack(np.broadcast_arrays(points[:, 0], points[:, 1], z + lift), -1)

    b = min(bevel, height * 0.49)
    under = [ring(reach, 0), ring(2.2 * b, 0), ring(b, 0), ring(0.3 * b, 0.3 * b), ring(0, b)]
    over = [ring(0, height - b), ring(0.3 * b, height - 0.3 * b), ring(b, height), ring(2.2 * b, height)]
    inner = [ring(2.2 * b + (reach - 2.2 * b) * t, height) for t in np.linspace(0, 1, 14)[1:]]
    points = np.stack(under + over + inner)[:, ::-1]
    size = np.ptp(outline, axis=0).max()
    uv = (points[..., :2] - outline.min(axis=0)) / size
    mesh = grid_mesh(points, uv, closed=True)
    if mesh.normals[len(outline) * (len(points) - 1), 2] < 0:
        mesh = replace(mesh, faces=mesh.faces[:, ::-1].copy(), normals=-mesh.normals)
    return mesh


def rectangle_outline(width, depth, corner=0.5, steps=8):
    """A rectangle about the origin with round corners, counter-clockwise."""
    out = []
    for k, (sx, sy) in enumerate([(1, 1), (-1, 1), (-1, -1), (1, -1)]):
        a = np.linspace(k * np.pi / 2, (k + 1) * np.pi / 2, steps)
        centre = np.array([sx * (width / 2 - corner), sy * (depth / 2 - corner)])
        out.append(centre + corner * np.stack([np.cos(a), np.sin(a)], -1))
    corners = np.concatenate(out)
    return resampled(np.concatenate([corners, corners[:1]]), max(width, depth) / 24)[:-1]


def ball(rng, radius, squash=1.0, lumps=0.03, segments=40):
    """A slightly lumpy ball resting on z = 0."""
    t = np.linspace(0, np.pi, segments // 2)[:, None]
    a = np.linspace(0, 2 * np.pi, segments + 1)[None, :]
    p, q, m = rng.uniform(0, 6.28, 3)
    r = radius * (
        1 + lumps * (np.sin(2 * a + p) * np.sin(t) + np.sin(3 * a + q) * np.sin(t) ** 2 + np.cos(3 * t + m))
    )
    points = np.stack(
        [r * np.sin(t) * np.cos(a), r * np.sin(t) * np.sin(a), squash * r * np.cos(t) + 0 * a], -1
    )
    points[:, -1] = points[:, 0]
    return grid_mesh(points, closed=True).grounded()


def cloth(rng, width, depth, folds=0.5, layers=1):
    """A napkin lying on z = 0 with gentle folds; its border touches the table."""
    n = 90
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, n), np.linspace(-0.5, 0.5, n), indexing="ij")
    height = np.zeros_like(x)
    for _ in range(7):
        a, f, p = rng.uniform(0, 3.14), rng.uniform(3, 9), rng.uniform(0, 6.28)
        height += np.abs(np.sin(f * (x * np.cos(a) + y * np.sin(a)) + p)) ** 3
    edge = np.minimum(1, 12 * (0.5 - np.maximum(abs(x), abs(y))))
    height = 0.12 * layers + folds * height / 4 * np.clip(edge, 0.15, 1)
    bend = rng.normal(0, 0.02, 4)
    px = width * (x + bend[0] * np.sin(6 * y) + bend[1] * y * y)
    py = depth * (y + bend[2] * np.sin(5 * x) + bend[3] * x * x)
    top = np.stack([px, py, height], -1)
    ring = np.stack([px, py, 0 * height], -1)
    points = np.pad(top, ((1, 1), (1, 1), (0, 0)), mode="edge")
    points[0, 1:-1], points[-1, 1:-1] = ring[0], ring[-1]
    points[1:-1, 0], points[1:-1, -1] = ring[:, 0], ring[:, -1]
    points[0, 0], points[0, -1], points[-1, 0], points[-1, -1] = (
        ring[0, 0],
        ring[0, -1],
        ring[-1, 0],
        ring[-1, -1],
    )
    uv = np.pad(np.stack([x + 0.5, y + 0.5], -1), ((1, 1), (1, 1), (0, 0)), mode="edge")
    return grid_mesh(points, uv)
