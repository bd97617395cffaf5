// Elements, made without markup: whoever wrote a text, it becomes a text and nothing else.

const DRAWN = new WeakMap();

/**
 * Make an element. `attributes` are set as they are named, those that are false left out; `on…` listens.
 *
 * `children` are elements and texts; nothing is made of null, undefined and false.
 */
export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null && value !== undefined)
      made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((each) => each !== null && each !== undefined && each !== false));
  return made;
}

/**
 * Bring the children of an element in line with a list, and leave alone what did not change.
 *
 * `key` names an item, `draw` makes its element. What is focused, opened or played stays so: a list that
 * follows what happens is drawn every two seconds.
 */
export function keep(parent, items, key, draw) {
  const before = new Map([...parent.children].map((each) => [DRAWN.get(each)?.key, each]));
  const wanted = items.map((item) => {
    const name = String(key(item));
    return unchanged(before.get(name), item) ?? drawn(item, name, draw, before.get(name));
  });
  const focused = document.activeElement;
  const around = [...parent.children].find((each) => each.contains(focused));
  for (const each of [...parent.children]) if (!wanted.includes(each)) each.remove();
  let next = parent.firstElementChild;
  for (const each of wanted) {
    if (each === next) next = next.nextElementSibling;
    else parent.insertBefore(each, next);
  }
  if (around && !wanted.includes(around)) focusAgain(wanted, DRAWN.get(around).key, focused.dataset.act);
}

function focusAgain(elements, key, act) {
  const again = elements.find((each) => DRAWN.get(each).key === key);
  again?.querySelector(`[data-act="${act}"]`)?.focus();
}

function unchanged(element, item) {
  return element && DRAWN.get(element).sign === JSON.stringify(item) ? element : null;
}

function drawn(item, key, draw, before) {
  const fresh = draw(item);
  DRAWN.set(fresh, { key, sign: JSON.stringify(item) });
  if (before?.open) fresh.open = true;
  return fresh;
}
