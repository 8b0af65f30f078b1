import { verbatim } from '../markup.js'

/** Light and dark as the reader's system is; blue and orange are told apart by the colour-blind, too. */
export const style = verbatim(`
:root {
  --page: #fbfbfa; --text: #1c2024; --muted: #5c646d; --rule: #d9dce0; --box: #fff4e0; --box-rule: #b36b00;
  --ours: #0062b8; --baseline: #a85400; --second: #4f5b66; --good: #1a7a3c; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181b; --text: #e8eaec; --muted: #a3abb3; --rule: #363c42; --box: #33270f; --box-rule: #e0a040;
    --ours: #6db6ff; --baseline: #f0a050; --second: #b3bcc5; --good: #6fd08c; --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 48px 0 8px; }
h3 { font-size: 1rem; margin: 0 0 4px; }
p { max-width: 46em; margin: 8px 0 16px; }
.note, small, .ratios code { color: var(--muted); }
.box { border-left: 4px solid var(--box-rule); background: var(--box); padding: 10px 14px; margin: 16px 0; }
.box ul { margin: 0; padding-left: 1.2em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 5px 18px 5px 0; text-align: left; vertical-align: top; }
thead th { color: var(--muted); font-weight: normal; border-bottom: 1px solid var(--rule); white-space: nowrap; }
tbody tr { border-bottom: 1px solid var(--rule); }
th[scope='row'] { font-weight: normal; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.ratios { width: 100%; }
.ratios td { white-space: nowrap; }
.ratios code, .ratios small, .ratios span { display: block; font-size: 0.8rem; }
.ratios code { overflow-wrap: anywhere; }
span.met { color: var(--good); }
span.unmet { color: var(--bad); font-weight: 600; }
.meter { width: 160px; height: 20px; display: block; }
rect.met { fill: var(--good); }
rect.unmet { fill: var(--bad); }
.mark { stroke: var(--text); stroke-width: 2; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 28px 40px; }
figure { margin: 0; }
figcaption { margin-bottom: 6px; }
figure svg { display: block; width: 100%; max-width: 560px; height: auto; }
figure text { font: 12px system-ui, sans-serif; fill: var(--text); }
.grid line { stroke: var(--rule); }
.ticks text, .axis-title text { fill: var(--muted); }
.ours { --series: var(--ours); }
.baseline { --series: var(--baseline); }
.second { --series: var(--second); }
polyline { fill: none; stroke: var(--series); stroke-width: 2.25; stroke-linejoin: round; }
.baseline polyline { stroke-dasharray: 7 4; }
.second polyline { stroke-dasharray: 2 3; }
circle { fill: var(--series); }
.band { fill: var(--series); opacity: 0.16; }
.leader line { stroke: var(--series); }
figure .label text { fill: var(--series); }
figure .ours .label text { font-weight: 600; }
figure rect { fill: var(--second); opacity: 0.55; }
figure .ours rect { fill: var(--ours); opacity: 1; }
figure .ours .bar-label, figure .ours .value text { font-weight: 600; }
.whisker line { stroke: var(--text); stroke-width: 1.25; }
figure .warning { fill: var(--bad); }
details { margin-top: 16px; }
summary { cursor: pointer; color: var(--muted); margin-bottom: 8px; }
footer ul { padding-left: 1.2em; color: var(--muted); font-size: 0.9rem; }
@media (max-width: 640px) {
  main { padding: 16px 14px 48px; }
  .ratios td:nth-child(3), .ratios th:nth-child(3) { display: none; }
  .ratios th, .ratios td { padding-right: 10px; }
}
`)
