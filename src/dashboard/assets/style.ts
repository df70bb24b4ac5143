/** The style sheet, light or dark as the reader's system prefers. Colours follow GitHub's Primer. */
import { CHART, COLOURS } from './picture-style.ts'

export const STYLE = /* css */ `
${COLOURS}*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:2px}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-99em}.skip:focus{left:1em;top:.5em;background:var(--bg);padding:.3em .6em;z-index:1}
header.site,main,footer.site{max-width:1080px;margin:0 auto;padding:0 20px}
.bar{border-bottom:1px solid var(--line);background:var(--soft)}
header.site{display:flex;flex-wrap:wrap;gap:4px 20px;align-items:center;padding-top:12px;padding-bottom:12px}
header.site strong a{color:var(--fg);text-decoration:none}
.account{margin-left:auto;display:flex;gap:10px;align-items:center}nav ul{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:0;padding:0}
nav a{text-decoration:none;padding:6px 0;display:inline-block}nav a:hover{text-decoration:underline}
nav a[aria-current]{color:var(--fg);font-weight:600;box-shadow:0 2px 0 var(--out)}
nav.tabs{border-bottom:1px solid var(--line);margin-bottom:24px}
h1{font-size:1.6rem;line-height:1.25;margin:24px 0 4px;font-weight:600;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:36px 0 8px;font-weight:600}
h3{font-size:.95rem;margin:0;font-weight:600}
p{margin:.4em 0;max-width:46em}
.lead{font-size:1.1rem}
.muted,small,caption{color:var(--muted)}small{font-size:.87em}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:16px;margin:20px 0}
.tile{border:1px solid var(--line);border-left-width:4px;border-radius:6px;padding:12px 16px}
.tile.in{border-left-color:var(--in)}.tile.out{border-left-color:var(--out)}
.tile p{margin:.15em 0}.tile .rate{font-size:2rem;line-height:1.2;font-weight:600;font-variant-numeric:tabular-nums}
.state{font-weight:600;white-space:nowrap}.state.in{color:var(--in)}.state.out{color:var(--out)}.state.none{color:var(--muted)}
.note{color:var(--warn)}
.scroll{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:0 0 6px;font-size:.87em}
.scroll caption{max-width:min(1040px,calc(100vw - 32px))}
time,code,td small{white-space:nowrap}
th,td{text-align:left;padding:7px 16px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{font-weight:600;color:var(--muted);font-size:.87em;vertical-align:bottom}
tbody th{font-weight:400}
td.n,th.n{text-align:right}
tr:last-child>*{border-bottom:0}
.name{display:inline-block;max-width:min(26em,62vw);overflow:hidden;text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom}
.name.long{max-height:4.5em;white-space:normal;overflow-wrap:break-word}
h1 .name,h2 .name{max-width:100%;max-height:none;white-space:normal}
small .name{display:inline}
.grid-table .name{white-space:nowrap}
.name.middle{display:inline-flex}.middle span{white-space:pre}.middle span:first-child{overflow:hidden;text-overflow:ellipsis}.middle span+span{flex:none}
.csv{font-size:.87em;margin-right:14px;white-space:nowrap}
.badge{display:inline-block;padding:0 7px;border:1px solid var(--line);border-radius:1em;font-size:.8em;color:var(--muted);white-space:nowrap}
details{margin:10px 0}summary{cursor:pointer;color:var(--link)}
figure{margin:12px 0}figcaption{color:var(--muted);font-size:.87em}
.chart{display:block;width:100%;height:auto;max-width:1040px}.narrow{display:none}
${CHART}.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:0 32px}meter{width:9em;vertical-align:middle}
.spark{vertical-align:middle}
.key span{white-space:nowrap;margin-right:14px}
.key i{display:inline-block;width:11px;height:11px;margin-right:5px;vertical-align:-1px}
.key .k-in{background:var(--bar-in)}.key .k-out{background:var(--bar-out)}.key .k-partial{border:1px dashed var(--muted)}
.key .k-incident{background:var(--warn);opacity:.3}.key .k-week{height:3px;background:var(--week);vertical-align:3px;width:16px}.key .k-target{height:0;border-top:2px dashed var(--out);vertical-align:3px;width:16px}
pre{overflow-x:auto;background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:12px;font-size:13px;line-height:1.6}
.o-pass{color:var(--in)}.o-fail{color:var(--out)}.o-aborted,.o-skipped,.o-infra{color:var(--muted)}[class^=o-] a{color:inherit}
h3{margin-top:24px}.tile h2{font-size:.95rem;margin:0}dt{font-weight:600;margin-top:8px}dd{margin-left:1.5em;max-width:46em}
form.filter{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:end;margin:16px 0}
form.filter label{display:grid;gap:2px;font-size:.87em;color:var(--muted)}
input,select,button{font:inherit;color:var(--fg);background:var(--bg);border:1px solid var(--line);border-radius:6px;padding:5px 10px;min-height:34px}
button.sort{all:unset;cursor:pointer}button.sort:focus-visible{outline:2px solid var(--link);outline-offset:2px}button.sort:hover{text-decoration:underline}
[aria-sort=ascending] button::after{content:" ↑"}[aria-sort=descending] button::after{content:" ↓"}
button{cursor:pointer;background:var(--soft)}
.grid-table{width:auto;font-size:13px}.grid-table th,.grid-table td{padding:0;border-bottom:1px solid var(--bg)}
.grid-table tbody th{padding:2px 12px 2px 0;position:sticky;left:0;background:var(--bg)}.grid-table tbody th .name{max-width:min(24em,38vw)}
code.wrap{white-space:normal}.grid-table thead th+th{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;padding:0 2px;height:7em;white-space:nowrap}
.grid-table thead a{text-decoration:none}.grid-table td a,.grid-table td>span{display:block;width:24px;height:24px;line-height:24px;text-align:center;text-decoration:none;font-weight:600;color:var(--fg);margin:1px}
.c-P{background:var(--in-soft)}.c-F{background:var(--out-soft);box-shadow:inset 0 0 0 2px var(--out)}.c-X{background:var(--week);}.grid-table .c-X{color:#fff}.c-A{background:var(--soft)}.c-I{background:var(--soft);box-shadow:inset 0 0 0 2px var(--warn)}
@media(prefers-color-scheme:dark){.grid-table .c-X{color:#0d1117}}
.key .cell{display:inline-block;width:20px;height:20px;line-height:20px;text-align:center;font-weight:600;margin:0 5px 2px 0;color:var(--fg)}.key .c-X.cell{color:var(--bg)}
footer.site{margin-top:48px;padding-top:16px;padding-bottom:32px;border-top:1px solid var(--line);font-size:.87em;color:var(--muted)}
@media(max-width:640px){.cards thead{position:absolute;left:-99em}.cards,.cards caption,.cards tbody,.cards tr,.cards tbody th,.cards td{display:block}
.cards tr{padding:8px 0;border-bottom:1px solid var(--line)}.cards tr:last-child{border-bottom:0}.cards td,.cards tbody th{border:0;padding:1px 0}.cards td{display:inline-block;margin-right:14px;vertical-align:baseline}.cards tbody th .name{max-width:calc(100vw - 32px)}
.cards td::before{content:attr(data-label) " ";color:var(--muted);font-size:.87em}.cards td br{display:none}
.cards td:empty{display:none}nav.tabs ul{gap:0 13px}nav.tabs a{font-size:.9rem}
.tiles{gap:10px}.tile{display:grid;grid-template-columns:auto 1fr;column-gap:12px;align-items:baseline;padding:10px 14px}.tile>*{grid-column:1/-1}
.tile h2{grid-column:1}.tile .is{grid-column:2;text-align:right}.tile .rate{font-size:1.6rem}
p.key span{white-space:normal}header.site,main,footer.site{padding-left:16px;padding-right:16px}.wide{display:none}.narrow{display:block}h1{font-size:1.35rem}}
@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{.bar,nav,footer.site{display:none}}
`
