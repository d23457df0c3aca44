# SPDX-License-Identifier: Apache-2.0
#
# Documents against docs/schemas: each is what its schema says, and nothing that is not said there; and the schema does
# not do without anything that a document has.
import copy
import json

import jsonschema


def strict(schema):
    """The same, without room for what is not described."""
    if isinstance(schema, dict):
        closed = {key: strict(value) for key, value in schema.items()}
        if "properties" in closed:
            closed["additionalProperties"] = False
        return closed
    return [strict(item) for item in schema] if isinstance(schema, list) else schema


class SchemaCheck:
    def __init__(self, folder):
        self.folder = folder
        self.failures = []
        self.used = set()

    def schema(self, file):
        """With what it refers to in place of the reference."""
        self.used.add(file.removesuffix(".schema.json"))
        schema = json.loads((self.folder / file).read_text())
        jsonschema.Draft202012Validator.check_schema(schema)

        def filled(part):
            if isinstance(part, dict):
                return self.schema(part["$ref"]) if "$ref" in part else {key: filled(one) for key, one in part.items()}
            return [filled(one) for one in part] if isinstance(part, list) else part
        return filled(schema)

    def errors_of(self, name, document):
        schema = strict(self.schema(f"{name}.schema.json"))
        return [f"{error.json_path}: {error.message}"
                for error in jsonschema.Draft202012Validator(schema).iter_errors(document)]

    def check(self, name, document, what):
        self.failures.extend(f"{what} is not as {name}.schema.json says: {error}"
                             for error in self.errors_of(name, document))
        for key in document:
            broken = copy.deepcopy(document)
            del broken[key]
            if not self.errors_of(name, broken):
                self.failures.append(f"{name}.schema.json does without {key}, which {what} has")

    def expect(self, what, found, wanted):
        if found != wanted:
            self.failures.append(f"{what} is {found!r}, not {wanted!r}")

    def finish(self, described):
        """The exit status. `described`: whether a schema of that name is this test's."""
        names = {path.name.removesuffix(".schema.json") for path in self.folder.iterdir()}
        undescribed = {name for name in names if described(name)} - self.used
        if undescribed:
            self.failures.append(f"nothing was checked against {sorted(undescribed)}")
        print("\n".join(self.failures) or f"{len(self.used)} kinds of documents are as docs/schemas says")
        return 1 if self.failures else 0
