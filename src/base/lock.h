/* lock.h: a mutex over pthreads or Win32. */
#ifndef ORL_BASE_LOCK_H
#define ORL_BASE_LOCK_H

#ifdef _WIN32
#    include <windows.h>
typedef SRWLOCK orl_lock;
#    define ORL_LOCK_INIT SRWLOCK_INIT

static inline void orl_lock_open(orl_lock *lock)
{
    InitializeSRWLock(lock);
}

static inline void orl_lock_close(orl_lock *lock)
{
    (void)lock;
}

static inline void orl_lock_take(orl_lock *lock)
{
    AcquireSRWLockExclusive(lock);
}

static inline void orl_lock_give(orl_lock *lock)
{
    ReleaseSRWLockExclusive(lock);
}
#else
#    include <pthread.h>
typedef pthread_mutex_t orl_lock;
#    define ORL_LOCK_INIT PTHREAD_MUTEX_INITIALIZER

static inline void orl_lock_open(orl_lock *lock)
{
    pthread_mutex_init(lock, 0);
}

static inline void orl_lock_close(orl_lock *lock)
{
    pthread_mutex_destroy(lock);
}

static inline void orl_lock_take(orl_lock *lock)
{
    pthread_mutex_lock(lock);
}

static inline void orl_lock_give(orl_lock *lock)
{
    pthread_mutex_unlock(lock);
}
#endif

#endif /* ORL_BASE_LOCK_H */
