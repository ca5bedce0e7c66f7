"""How the console looks: its style sheet and the entrance page. Fonts are the reader's own; nothing is fetched."""

from __future__ import annotations

CSS = """
:root { --ink: #1d2b30; --soft: #55666d; --line: #dde4e6; --paper: #ffffff; --mist: #f4f7f7; --teal: #0b6b63;
  --teal-dark: #07504a; --teal-mist: #e6f3f1; --amber: #7a4b00; --amber-mist: #fff7e3; --amber-line: #e6c77a;
    --red: #a3262a; }
body { color: var(--ink); background: var(--paper); font-family: "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP",
  "Yu Gothic UI", "Meiryo", system-ui, sans-serif; font-size: 15px; line-height: 1.65; }
.nicegui-content { padding: 0; gap: 0; }
.console { display: grid; width: 100%; height: 100vh; height: 100dvh; grid-template: "top top top" auto
  "side main thread" 1fr / 232px minmax(340px, 1fr) minmax(360px, 44%); }
.console *, .dialog * { box-sizing: border-box; }
.console p { margin: 0; }
.top { grid-area: top; display: flex; align-items: center; gap: 12px; padding: 6px 16px;
  background: var(--teal-dark); color: #fff; }
.brand { font-size: 18px; font-weight: 700; letter-spacing: .02em; }
.tagline { color: #cfe6e2; font-size: 13px; }
.clock { margin-left: auto; display: flex; align-items: center; gap: 4px; font-size: 13px; }
.clock .btn.quiet { color: #fff; padding: 2px 6px; }
.clock .btn.quiet:hover { background: #0f7a70; }
.clock.busy { opacity: .5; pointer-events: none; }
.clock + .acting { margin-left: 12px; }
.acting { margin-left: auto; display: flex; align-items: center; gap: 8px; font-size: 13px; }
.acting .q-field { width: 250px; background: #fff; border-radius: 8px; padding: 0 8px; }
.burger { display: none; }
.side { grid-area: side; overflow-y: auto; padding: 10px 8px 24px; background: var(--mist);
  border-right: 1px solid var(--line); }
.side .q-field { margin: 2px 4px 8px; background: #fff; }
.side summary { padding: 6px 8px; font-size: 12px; font-weight: 700; color: var(--soft); cursor: pointer; }
.room { display: block; padding: 2px 10px; border-radius: 6px; color: var(--ink); text-decoration: none;
  font-size: 14px;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.room:hover { background: #e3eaea; }
.room.on { background: var(--teal); color: #fff; }
.side .direct { width: calc(100% - 8px); margin: 0 4px 8px; }
.main { grid-area: main; display: flex; flex-direction: column; min-width: 0; min-height: 0; }
.thread { grid-area: thread; display: flex; flex-direction: column; min-width: 0; min-height: 0;
  border-left: 1px solid var(--line); background: #fbfcfc; }
.title-bar { display: flex; align-items: baseline; flex-wrap: wrap; gap: 2px 10px; padding: 10px 16px 6px;
  border-bottom: 1px solid var(--line); }
.title-bar h1, .title-bar h2 { margin: 0; font-size: 17px; font-weight: 700; line-height: 1.5; }
.title-bar .policy { color: var(--soft); font-size: 12.5px; }
.title-bar .cross { margin-left: auto; align-self: center; }
.scroll { flex: 1; overflow-y: auto; min-height: 0; padding: 8px 16px 24px; }
.ask { padding: 10px 16px; border-bottom: 1px solid var(--line); }
.composer .field { width: 100%; }
.composer textarea { min-height: 44px; max-height: 34vh; line-height: 1.6; }
.composer-foot { display: flex; align-items: center; gap: 10px; padding-top: 6px; }
.composer-foot .hint { color: var(--soft); font-size: 12px; flex: 1; }
.thread .ask { padding: 8px 16px 12px; border-top: 1px solid var(--line); background: var(--paper); }
.thread .q-field textarea { min-height: 40px; }
.composer textarea:placeholder-shown { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.examples { margin: 2px 0 6px; padding: 8px 12px 10px; border-radius: 10px; background: var(--teal-mist); }
.examples > summary { cursor: pointer; font-size: 13px; font-weight: 700; color: var(--teal-dark); }
.console .examples .hint { color: var(--soft); font-size: 12px; margin: 0 0 6px; }
.examples .btn { display: block; width: 100%; text-align: left; margin-top: 5px; white-space: normal;
  border-color: #bfdcd8; line-height: 1.5; }
.btn { font: inherit; font-size: 13px; line-height: 1.4; padding: 4px 12px; border: 1px solid #b9c5c8;
  border-radius: 8px;
  background: var(--paper); color: var(--ink); cursor: pointer; text-decoration: none; }
.btn:hover { background: var(--mist); border-color: #8ea0a5; }
.btn.primary { background: var(--teal); border-color: var(--teal); color: #fff; font-weight: 600; }
.btn.primary:hover { background: var(--teal-dark); }
.btn.danger { color: var(--red); border-color: #d9a5a7; }
.btn.quiet { border-color: transparent; background: transparent; color: var(--soft); padding: 2px 8px;
  font-size: 12.5px; }
.btn.quiet:hover { background: #e7eded; color: var(--ink); }
.btn.cross { font-size: 18px; line-height: 1; }
.console a:focus-visible, .btn:focus-visible, summary:focus-visible { outline: 3px solid #f0a500;
  outline-offset: 1px; }
.row-link { display: block; padding: 10px 10px 8px; border-bottom: 1px solid var(--line); color: inherit;
  text-decoration: none; border-left: 3px solid transparent; }
.row-link:hover { background: var(--mist); }
.row-link.on { background: var(--teal-mist); border-left-color: var(--teal); }
.head { display: flex; align-items: center; gap: 8px; flex-wrap: wrap; }
.face { width: 26px; height: 26px; border-radius: 7px; display: inline-grid; place-items: center; color: #fff;
  font-size: 13px; font-weight: 700; flex: none; }
.bot-face { background: var(--teal); }
.who { font-weight: 700; font-size: 14px; }
.place, .when { color: var(--soft); font-size: 12px; }
.app { border: 1px solid var(--teal); color: var(--teal); border-radius: 4px; font-size: 11px; padding: 0 5px;
  line-height: 1.5; }
.console .lead { display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; overflow: hidden;
  margin: 2px 0 4px 34px; white-space: pre-wrap; overflow-wrap: anywhere; }
.foot { display: flex; flex-wrap: wrap; gap: 4px 8px; margin-left: 34px; align-items: center; font-size: 12.5px;
  color: var(--soft); }
.badge { border-radius: 999px; padding: 0 9px; font-size: 12px; line-height: 1.7; background: #eef1f2;
  color: #46565c; }
.badge.done { background: #e2f3e4; color: #175a26; }
.badge.kyoso { background: var(--teal-mist); color: var(--teal-dark); }
.chip { border: 1px solid var(--line); border-radius: 999px; padding: 0 7px; font-size: 12px;
  background: var(--paper); }
.post { padding: 10px 0 8px; }
.post + .post { border-top: 1px solid #edf1f2; }
.post.root { padding-bottom: 14px; border-bottom: 2px solid var(--line); }
.post.accepted { background: #f0f9f1; margin: 6px -10px; padding: 10px; border-radius: 8px;
  border-left: 3px solid #2f8f46; }
.body { margin: 4px 0 2px 34px; white-space: pre-wrap; overflow-wrap: anywhere; }
.body a, .excerpt a { color: #0a5a8a; text-decoration: underline; }
.tools { display: flex; flex-wrap: wrap; gap: 0 2px; margin-left: 26px; }
.faint { opacity: .6; }
.saying { position: relative; margin: 10px 0; padding: 10px 12px 12px; border: 1px solid #bfdcd8;
  border-left: 4px solid var(--teal);
  border-radius: 8px; background: var(--paper); }
.saying.private { border: 1px dashed var(--amber-line); border-left: 4px solid #c98a00;
  background: var(--amber-mist); }
.saying .head .cross { position: absolute; top: 8px; right: 8px; } .saying .head:has(.cross) { padding-right: 32px; }
.lock { color: var(--amber); font-size: 12px; font-weight: 700; }
.words { margin: 6px 0 2px; white-space: pre-wrap; overflow-wrap: anywhere; }
.note { margin-top: 8px; color: #3d4d53; font-size: 14px; white-space: pre-wrap; }
.saying code, .hint code { background: #edf2f2; border-radius: 4px; padding: 0 4px; }
.picture { max-width: 100%; margin-top: 8px; border: 1px solid var(--line); border-radius: 8px; }
.card { margin-top: 8px; padding: 9px 12px 10px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--paper); }
.card-title { display: block; font-weight: 700; color: #0a5a8a; text-decoration: none; line-height: 1.5;
  overflow-wrap: anywhere; }
a.card-title:hover { text-decoration: underline; }
.excerpt { margin-top: 3px; font-size: 14px; overflow-wrap: anywhere; white-space: pre-line; }
.section-title { font-size: 15px; font-weight: 700; line-height: 1.5; letter-spacing: 0; margin: 14px 0 2px; }
.buttons .q-select { min-width: 13em; }
.console .facts { margin-top: 3px; color: var(--soft); font-size: 12.5px; }
.caution { color: var(--amber); font-size: 12.5px; }
.buttons { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 8px; }
.links { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 6px; }
.room-link { border-radius: 6px; padding: 1px 9px; background: var(--teal-mist); color: var(--teal-dark);
  font-weight: 600; text-decoration: none; }
.room-link:hover { text-decoration: underline; }
.console .asked { margin: 8px 0 0; color: var(--soft); font-size: 12.5px; overflow-wrap: anywhere; }
.console .state { margin: 10px 0; color: var(--soft); font-size: 13px; }
.empty { color: var(--soft); padding: 28px 8px; text-align: center; }
.console .mine { margin: 10px 0 10px 20%; padding: 8px 12px; border-radius: 10px; background: var(--teal-mist);
  white-space: pre-wrap; overflow-wrap: anywhere; }
.dialog { min-width: min(560px, 92vw); padding: 18px; display: grid; gap: 12px; background: #fff;
  border-radius: 12px; }
.dialog .buttons { justify-content: flex-end; margin: 0; }
@media (max-width: 980px) { .console { grid-template-columns: 190px minmax(300px, 1fr) minmax(320px, 46%);
  } .tagline { display: none; } }
@media (max-width: 760px) {
  .console { grid-template: "top" auto "main" 1fr / minmax(0, 1fr); }
  .burger { display: inline-block; }
  .acting > .acting-label { display: none; }
  .clock { flex: 1; flex-wrap: wrap; justify-content: flex-end; gap: 0 4px; }
  .clock > .now { width: 100%; text-align: right; font-size: 11px; line-height: 1.1; }
  .top { flex-wrap: wrap; gap: 4px 8px; height: 92px; padding: 4px 10px; }
  .brand { font-size: 15px; white-space: nowrap; } .clock .btn { white-space: nowrap; padding: 2px 4px; }
  .acting, .clock + .acting { width: 100%; margin: 0; }
  .acting .q-field { width: auto; flex: 1; }
  .side { display: none; position: fixed; z-index: 20; inset: 92px 20% 0 0; box-shadow: 0 0 24px #0004; }
  .console.nav-open .side { display: block; }
  .thread { display: none; position: fixed; z-index: 10; inset: 92px 0 0 0; }
  .console.thread-open .thread { display: flex; }
  .composer-foot .hint { display: none; } .composer-foot .btn { margin-left: auto; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
"""

LOGIN_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font-family: "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", "Meiryo", system-ui,
  sans-serif; color: #1d2b30;
  background: #f4f7f7; display: grid; place-items: center; min-height: 90vh; line-height: 1.7; }}
form {{ background: #fff; padding: 28px; border-radius: 12px; border: 1px solid #dde4e6; max-width: 420px;
  display: grid; gap: 12px; }}
label input {{ width: 100%; box-sizing: border-box; }}
h1 {{ margin: 0; font-size: 20px; }} input, button {{ font: inherit; padding: 8px 12px; border-radius: 8px;
  border: 1px solid #8ea0a5; }}
button {{ background: #0b6b63; color: #fff; border-color: #0b6b63; }} .wrong {{ color: #a3262a; margin: 0; }}
</style></head><body><main><form method="post" action="{entrance}">
<h1>{title}</h1><p>{hint}</p><p class="wrong" role="alert">{wrong}</p>
<label>{label}<br>
<input name="token" type="password" autocomplete="current-password" autofocus required></label>
<input type="hidden" name="to" value="{to}"><button>{enter}</button></form></main></body></html>
"""
