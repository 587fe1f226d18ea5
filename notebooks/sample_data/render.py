"""Renders the tableware photos of this folder: 63 for training and testing, 8 held back.

    python -m venv .venv
    .venv/bin/pip install mitsuba==3.9.1 mitsuba-oidn==0.1.2 numpy==2.4.6 opencv-python-headless==5.0.0.93 pillow==13.0.0
    .venv/bin/python render.py                    # what is missing
    .venv/bin/python render.py cup-07 plate-12    # these again
    .venv/bin/python render.py --preview --output preview   # small and noisy

Every picture has its own seed, so a scene comes out the same each time. The pictures here were made with
`--variant llvm_ad_rgb`, which is about five times as fast as the default and needs the LLVM library named in
`DRJIT_LIBLLVM_PATH` (LLVM 15 is too old, 22 works): 8 CPU seconds a picture. Another variant traces other paths through
the same scenes.
"""

import argparse
import os
import time
import zlib
from pathlib import Path

import mitsuba as mi
import mitsuba_oidn
import numpy as np

import photo
from scenes import compose

COUNTS = {"bowl": 5, "cup": 19, "cutlery": 7, "plate": 32}
HELD_BACK = 2
HERE = Path(__file__).parent


def pictures():
    """All pictures: (name, label, number within the label, number overall, folder)."""
    out = []
    for label, count in COUNTS.items():
        for k in range(count + HELD_BACK):
            folder = "tableware" if k < count else "tableware-held-back"
            out.append((f"{label}-{k + 1:02d}", label, k, len(out), f"{folder}/{label}"))
    return out


def shape(name, mesh, bsdf):
    """A Mitsuba mesh out of one of ours."""
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(bsdf)
    out = mi.Mesh(
        name,
        len(mesh.vertices),
        len(mesh.faces),
        has_vertex_normals=True,
        has_vertex_texcoords=True,
        props=properties,
    )
    parameters = mi.traverse(out)
    parameters["vertex_positions"] = mesh.vertices.astype(np.float32).ravel()
    parameters["vertex_normals"] = mesh.normals.astype(np.float32).ravel()
    parameters["vertex_texcoords"] = mesh.uv.astype(np.float32).ravel()
    parameters["faces"] = mesh.faces.astype(np.uint32).ravel()
    parameters.update()
    return out


def render(scene, size, samples):
    """The scene's radiance [height, width, 3], denoised."""
    width, height = size
    to_world = mi.ScalarTransform4f().look_at(origin=scene.eye, target=scene.target, up=scene.up)
    parts = {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": scene.depth},
        "sensor": {
            "type": "thinlens",
            "to_world": to_world,
            "fov": scene.field_of_view,
            "fov_axis": "larger",
            "aperture_radius": scene.aperture,
            "focus_distance": scene.focus,
            "film": {
                "type": "hdrfilm",
                "width": width,
                "height": height,
                "rfilter": {"type": "box"},
                "pixel_format": "rgb",
                "component_format": "float32",
            },
            "sampler": {"type": "independent", "sample_count": samples},
        },
        "room": {
            "type": "envmap",
            "bitmap": mi.Bitmap(np.ascontiguousarray(scene.environment, dtype=np.float32)),
            "to_world": mi.ScalarTransform4f().rotate([1, 0, 0], 90),
        },
    }
    for k, light in enumerate(scene.lights):
        light = dict(light)
        if "place" in light:
            x, y, z, radius = light.pop("place")
            light = {"type": "sphere", "center": [x, y, z], "radius": radius, "emitter": light}
        parts[f"light{k}"] = light
    for k, (mesh, bsdf) in enumerate(scene.bodies):
        parts[f"body{k}"] = shape(f"body{k}", mesh, bsdf)
    world = mi.load_dict(parts)
    # What the denoiser is guided by: colour and direction of the surfaces. A path integrator inside `aov` would be traced twice.
    guides = mi.load_dict({"type": "aov", "aovs": "albedo:albedo,normal:sh_normal"})

    def traced(integrator, count, channels):
        image = np.array(mi.render(world, integrator=integrator, spp=count, seed=scene.seed))[..., :channels]
        return np.nan_to_num(image, nan=0.0, posinf=100.0).astype(np.float32)

    colour = np.ascontiguousarray(traced(world.integrator(), samples, 3))
    guide = traced(guides, max(4, samples // 3), 6)
    albedo, normal = np.ascontiguousarray(guide[..., :3]), np.ascontiguousarray(guide[..., 3:])
    return mitsuba_oidn.denoise(np.minimum(colour, 200), np.clip(albedo, 0, 1), normal, hdr=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names",
        nargs="*",
        help="pictures to render again, such as cup-07; without any, those that are missing",
    )
    parser.add_argument("--output", type=Path, default=HERE)
    parser.add_argument("--variant", default="scalar_rgb")
    parser.add_argument("--samples", type=int, default=16, help="paths per pixel, before denoising")
    parser.add_argument("--preview", action="store_true", help="a quarter of the pixels and 8 samples")
    options = parser.parse_args()
    mi.set_variant(options.variant)

    for name, label, number, overall, folder in pictures():
        path = options.output / folder / f"{name}.jpg"
        if (name not in options.names) if options.names else path.exists():
            continue
        start = time.time()
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        scene = compose(rng, label, number, overall)
        size = tuple(n // 2 for n in scene.size) if options.preview else scene.size
        radiance = render(scene, size, 8 if options.preview else options.samples)
        image = photo.develop(radiance, np.random.default_rng(scene.seed), scene.iso, scene.cast)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(photo.jpeg(image, scene.quality, scene.orientation))
        os.replace(partial, path)
        print(
            f"{name}: {scene.summary}, {path.stat().st_size // 1024} kB, {time.time() - start:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
