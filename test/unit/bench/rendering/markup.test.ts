import { expect, test } from 'vitest'
import { markup, verbatim } from '../../../../bench/rendering/markup.js'

test('text is escaped wherever it stands, and markup is not escaped again', () => {
  const inner = markup`<b title="${'"quoted" & \'so\''}">${'<script>'}</b>`
  expect(markup`<p>${inner}</p>`.toString()).toBe(
    '<p><b title="&quot;quoted&quot; &amp; &#39;so&#39;">&lt;script&gt;</b></p>',
  )
})

test('lists are joined, numbers stand as they are, and undefined is nothing', () => {
  expect(markup`${[markup`<i>`, ['a', 1.5]]}|${undefined}|${verbatim('<hr>')}`.toString()).toBe('<i>a1.5||<hr>')
})
