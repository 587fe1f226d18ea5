export interface Size {
    readonly width: number;
    readonly height: number;
}
/** Where a picture lies on its stage: its top left corner, and stage pixels per pixel of the picture. */
export interface Placement {
    readonly scale: number;
    readonly x: number;
    readonly y: number;
}
/** The whole picture in the middle of the stage. */
export declare function fit(stage: Size, picture: Size): Placement;
/** Enlarges by `factor`; the point of the picture at `x`, `y` of the stage stays where it is. */
export declare function zoomAt(placement: Placement, factor: number, { x, y }: {
    readonly x: number;
    readonly y: number;
}, stage: Size, picture: Size): Placement;
/** Moves the picture, not beyond its edges. */
export declare function pan(placement: Placement, dx: number, dy: number, stage: Size, picture: Size): Placement;
/** Whether a part of the picture lies outside the stage. */
export declare function isEnlarged({ scale }: Placement, stage: Size, picture: Size): boolean;
//# sourceMappingURL=pan-zoom.d.ts.map