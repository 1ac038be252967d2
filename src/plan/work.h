/* work.h: what a work-item of a group does, as plan/occupancy.h counts it. */
#ifndef ORL_PLAN_WORK_H
#define ORL_PLAN_WORK_H

struct item_work {
    double instructions;
    double local_bytes; /* that it moves to or from local memory */
};

#endif /* ORL_PLAN_WORK_H */
