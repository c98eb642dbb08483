/* Trials for `doctor`: each answers 0 or an errno, and what it made ends with the process. */
#ifndef CRUN_SHARP_TRIAL_H
#define CRUN_SHARP_TRIAL_H

#include <stdbool.h>

int try_namespaces(unsigned flags);
int try_overlay(int directory, bool in_user_namespace);

#endif
