/* fuzz_problem_text.c: any bytes as the text of a problem. */
#include "fuzz.h"
#include "model/problem_text.h"

void fuzz_text(const char *text)
{
    char line[ORL_PROBLEM_TEXT];
    oriel_problem wanted;
    struct problem p, again;
    if (orl_problem_parse(&wanted, text) != ORIEL_OK ||
        orl_problem_check(&p, &wanted) != ORIEL_OK)
        return;
    require(orl_problem_print(&p, line, sizeof line) < sizeof line);
    require(orl_problem_parse(&wanted, line) == ORIEL_OK);
    require(orl_problem_check(&again, &wanted) == ORIEL_OK);
    require(orl_problem_equal(&p, &again));
    require(orl_problem_pairs(&p) >= 0);
    require(orl_problem_span(&p) <= p.keys);
}
