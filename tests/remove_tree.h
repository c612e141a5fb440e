/* remove_tree.h - a folder of a test with all that is in it goes. */
#ifndef BATCHMARK_REMOVE_TREE_H
#define BATCHMARK_REMOVE_TREE_H

void remove_tree(const char *path);

#endif
