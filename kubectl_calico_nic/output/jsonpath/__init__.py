"""kubectl's JSONPath: templates with text, ``range`` and ``end`` around path expressions.

No library speaks this dialect: those on PyPI implement Goessner's JSONPath or RFC 9535, which have
neither templates nor ``range``, demand the ``$`` that kubectl leaves out, and answer an index out
of bounds with nothing where kubectl answers with an error. Mirrors k8s.io/client-go util/jsonpath
and is held to the real kubectl by tests.
"""
