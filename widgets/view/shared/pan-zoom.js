/** Small pictures are enlarged to fill the stage, but not until they are nothing but squares. */
const largestFit = 8;
const largestScale = 32;
/** The whole picture in the middle of the stage. */
export function fit(stage, picture) {
    const scale = Math.min(stage.width / picture.width, stage.height / picture.height, largestFit);
    return clamp({ scale, x: 0, y: 0 }, stage, picture);
}
/** Enlarges by `factor`; the point of the picture at `x`, `y` of the stage stays where it is. */
export function zoomAt(placement, factor, { x, y }, stage, picture) {
    const smallest = Math.min(1, fit(stage, picture).scale);
    const scale = Math.min(largestScale, Math.max(smallest, placement.scale * factor));
    const applied = scale / placement.scale;
    const moved = { scale, x: x - (x - placement.x) * applied, y: y - (y - placement.y) * applied };
    return clamp(moved, stage, picture);
}
/** Moves the picture, not beyond its edges. */
export function pan(placement, dx, dy, stage, picture) {
    return clamp({ ...placement, x: placement.x + dx, y: placement.y + dy }, stage, picture);
}
/** Whether a part of the picture lies outside the stage. */
export function isEnlarged({ scale }, stage, picture) {
    return picture.width * scale > stage.width + 1 || picture.height * scale > stage.height + 1;
}
function clamp({ scale, x, y }, stage, picture) {
    const along = (offset, room, length) => length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, offset));
    return {
        scale,
        x: along(x, stage.width, picture.width * scale),
        y: along(y, stage.height, picture.height * scale),
    };
}
//# sourceMappingURL=pan-zoom.js.map