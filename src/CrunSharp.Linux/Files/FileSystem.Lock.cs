using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

public static partial class FileSystem
{
    /// <summary>Takes the advisory lock of an open file or directory; false where another open description has one against it.</summary>
    /// <remarks>flock(2): it lasts until the descriptor and its duplicates are closed, also by the process's death.</remarks>
    public static bool TryLock(SafeFileHandle handle, bool exclusive)
    {
        const int LOCK_SH = 1;
        const int LOCK_EX = 2;
        const int LOCK_NB = 4;
        while (flock(handle, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == LibC.EWOULDBLOCK)
            {
                return false;
            }

            if (errno != LibC.EINTR)
            {
                throw Failure(errno, "flock", handle, default);
            }
        }

        return true;
    }

    public static void Unlock(SafeFileHandle handle)
    {
        const int LOCK_UN = 8;
        if (flock(handle, LOCK_UN) != 0)
        {
            throw Failure("flock", handle, default);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle fd, int operation);
}
