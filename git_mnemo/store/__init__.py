"""Where memory is kept: git objects and refs, behind an interface that another backend can fill.

`interface` is the whole of it: ten methods. Everything above speaks of object ids, bytes, and
plans of ref moves; what a tree of memory looks like is in `layout`, how trees are changed in
`trees`, how commits are read and written in `history`.
"""
