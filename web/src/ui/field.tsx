// SPDX-License-Identifier: Apache-2.0
//
// Labelled inputs.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';

export function Field({ label, hint, children }: { label: string; hint?: ComponentChildren; children: (id: string, describedBy?: string) => ComponentChildren }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id, hint ? `${id}-hint` : undefined)}
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

type InputType = 'text' | 'search' | 'password' | 'email' | 'number' | 'date' | 'datetime-local';

export function Input({
  label,
  value,
  onValue,
  type = 'text',
  hint,
  required = false,
  placeholder,
  autocomplete,
  inputMode,
  minLength,
  autofocus = false,
}: {
  label: string;
  value: string;
  onValue: (value: string) => void;
  type?: InputType;
  hint?: ComponentChildren;
  required?: boolean;
  placeholder?: string;
  autocomplete?: string;
  inputMode?: 'numeric' | 'text';
  minLength?: number;
  autofocus?: boolean;
}) {
  return (
    <Field label={label} hint={hint}>
      {(id, describedBy) => (
        <input
          id={id}
          // Preact's types want one type known for each input; all of these take the same attributes.
          type={type as 'text'}
          value={value}
          required={required}
          placeholder={placeholder}
          autocomplete={autocomplete ?? 'off'}
          inputMode={inputMode}
          minLength={minLength}
          autofocus={autofocus}
          aria-describedby={describedBy}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function Select({
  label,
  value,
  onValue,
  options,
}: {
  label: string;
  value: string;
  onValue: (value: string) => void;
  options: [value: string, text: string][];
}) {
  return (
    <Field label={label}>
      {(id) => (
        <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {options.map(([option, text]) => (
            <option key={option} value={option} selected={option === value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A text that takes effect a moment after the last key, not with each. */
export function useSettled(value: string, onSettled: (value: string) => void): [string, (value: string) => void] {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => onSettled(text), 300);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText];
}
