/** The part of the style sheet that charts need, in a page and as standalone pictures. Colours follow GitHub's Primer. */

export const COLOURS = /* css */ `:root{color-scheme:light dark;--bg:#fff;--soft:#f6f8fa;--fg:#1f2328;--muted:#59636e;--line:#d1d9e0;--link:#0969da;
--in:#1a7f37;--out:#cf222e;--warn:#9a6700;--in-soft:#dafbe1;--out-soft:#ffebe9;--week:#6639ba;--bar-in:#4ac26b;--bar-out:#fa8c85}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--soft:#151b23;--fg:#f0f6fc;--muted:#9198a1;--line:#3d444d;--link:#4493f8;
--in:#3fb950;--out:#f85149;--warn:#d29922;--in-soft:#12261e;--out-soft:#2d1416;--week:#b392f0;--bar-in:#238636;--bar-out:#b62324}}
`

export const CHART = /* css */ `.chart text{fill:var(--muted);font-size:12px;font-family:inherit}
.chart .grid{stroke:var(--line);stroke-width:.5}.chart .axis{stroke:var(--muted)}
.chart .incident{fill:var(--warn);fill-opacity:.16}.chart .target{stroke:var(--out);stroke-dasharray:5 4;stroke-width:1.5}
.bars .in,.spark .in{fill:var(--bar-in)}.bars .out,.spark .out{fill:var(--bar-out)}.spark .none,.bars .none{fill:var(--muted)}
.bars .partial{fill-opacity:.25;stroke:var(--muted);stroke-width:1;stroke-dasharray:2 2}.bars .over{fill:var(--out)}
path.week{fill:none;stroke:var(--week);stroke-width:2}circle.week{fill:var(--week)}
path.band{fill:var(--week);fill-opacity:.15}.change{stroke:var(--warn);stroke-width:1.5;stroke-dasharray:3 3}
.key .k-band{background:var(--week);opacity:.25}.key .k-change{width:0;border-left:2px dashed var(--warn)}
`

/** The style sheet of a standalone picture. */
export const PICTURE_STYLE = /* css */ `${COLOURS}${CHART}svg{font-family:system-ui,sans-serif}.back{fill:var(--bg)}`
