/** Typed access to the elements that a page's template promises. */

/**
 * Returns the first element that matches a selector.
 *
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new (...args: any[]) => T} type - The class of the element, for example `HTMLInputElement`.
 * @returns {T}
 * @throws {TypeError} The template has no such element.
 */
export function requireElement(root, selector, type) {
  const element = root.querySelector(selector);
  if (!(element instanceof type)) throw new TypeError(`The page has no ${type.name} that matches ${selector}`);
  return element;
}

/**
 * Returns the elements that carry `data-part`, by its value.
 *
 * @param {ParentNode} root
 * @returns {Record<string, HTMLElement>}
 */
export function namedParts(root) {
  /** @type {NodeListOf<HTMLElement>} */
  const elements = root.querySelectorAll("[data-part]");
  return Object.fromEntries([...elements].map((element) => [element.dataset.part ?? "", element]));
}

/**
 * Copies the content of a `<template>`.
 *
 * @param {string} id
 * @returns {DocumentFragment}
 */
export function cloneTemplate(id) {
  const copy = requireElement(document, `template#${id}`, HTMLTemplateElement).content.cloneNode(true);
  return /** @type {DocumentFragment} */ (copy);
}

/**
 * Makes a link.
 *
 * @param {string} address
 * @param {string} text
 * @returns {HTMLAnchorElement}
 */
export function createLink(address, text) {
  const link = document.createElement("a");
  link.href = address;
  link.textContent = text;
  return link;
}

/**
 * Returns the element that an event started at; text nodes and the document have none.
 *
 * @param {EventTarget | null} target
 * @returns {HTMLElement | null}
 */
export function elementOf(target) {
  return target instanceof HTMLElement ? target : null;
}
