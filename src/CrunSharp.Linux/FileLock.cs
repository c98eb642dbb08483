using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Linux;

/// <summary>A lock on a file, let go of when disposed or when the process dies, whatever it dies of.</summary>
/// <remarks>flock(2): it belongs to the open file, so a second open in the same process waits as a stranger would.</remarks>
public sealed partial class FileLock : IDisposable
{
    private const int LOCK_SH = 1;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const int O_RDWR = 2;
    private const int O_CREAT = 0x40;
    private const int O_NOFOLLOW = 0x20000;
    private const int O_CLOEXEC = 0x80000;
    private const int EINTR = 4;
    private const int EAGAIN = 11;

    private FileLock(SafeFileHandle handle) => Handle = handle;

    public SafeFileHandle Handle { get; }

    /// <summary>Waits until nobody else holds the lock; the file is made when it is absent.</summary>
    public static FileLock Acquire(string path, bool shared = false) =>
        Take(path, shared ? LOCK_SH : LOCK_EX)!;

    /// <summary>Null where somebody holds it.</summary>
    public static FileLock? TryAcquire(string path, bool shared = false) =>
        Take(path, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB);

    public void Dispose() => Handle.Dispose();

    private static FileLock? Take(string path, int operation)
    {
        SafeFileHandle file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0x180 /* 0600 */);
        int errno = Marshal.GetLastPInvokeError();
        if (file.IsInvalid)
        {
            file.Dispose();
            throw new LinuxException(errno, $"open(\"{path}\", O_RDWR|O_CREAT)");
        }

        while (flock(file, operation) < 0)
        {
            errno = Marshal.GetLastPInvokeError();
            if (errno == EINTR)
            {
                continue;
            }

            file.Dispose();
            return errno == EAGAIN ? null : throw new LinuxException(errno, $"flock(\"{path}\", {operation})");
        }

        return new FileLock(file);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle fd, int operation);
}
