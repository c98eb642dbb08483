using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

public static partial class FileSystem
{
    /// <summary>Writes all of it at the descriptor's own position.</summary>
    public static unsafe void Write(SafeFileHandle handle, ReadOnlySpan<byte> bytes)
    {
        // Pinned for the calls.
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint written = write(handle, start + done, (nuint)(bytes.Length - done));
                if (written < 0 && Marshal.GetLastPInvokeError() is var errno && errno != LibC.EINTR)
                {
                    throw Failure(errno, "write", handle, default, $", {bytes.Length - done} bytes");
                }

                done += (int)Math.Max(written, 0);
            }
        }
    }

    /// <summary>Moves the descriptor's position, beyond the end too: what is skipped becomes a hole.</summary>
    public static void Seek(SafeFileHandle handle, long position)
    {
        if (lseek(handle, position, LibC.SEEK_SET) < 0)
        {
            throw Failure("lseek", handle, default, $", {position}");
        }
    }

    public static void SetLength(SafeFileHandle handle, long length)
    {
        if (ftruncate(handle, length) != 0)
        {
            throw Failure("ftruncate", handle, default, $", {length}");
        }
    }

    /// <summary>Copies a file's contents inside the kernel, sharing blocks where the file system can.</summary>
    /// <remarks>copy_file_range; where that is refused (across file systems before Linux 5.3, or by the file system) by reading and writing.</remarks>
    public static void CopyData(SafeFileHandle source, SafeFileHandle target, long length) => CopyData(source, target, 0, length);

    /// <summary>Copies what a file holds and leaves its holes out: the copy takes no more room.</summary>
    public static void CopySparse(SafeFileHandle source, SafeFileHandle target, long length)
    {
        const int SEEK_DATA = 3;
        const int SEEK_HOLE = 4;
        SetLength(target, length);
        for (long position = 0; position < length;)
        {
            long data = lseek(source, position, SEEK_DATA);
            if (data < 0)
            {
                // Nothing but a hole is left; whatever else fails here fails in the copy too, with its name.
                if (Marshal.GetLastPInvokeError() == LibC.ENXIO)
                {
                    return;
                }

                data = position;
            }

            long hole = lseek(source, data, SEEK_HOLE);
            position = hole > data ? hole : length;
            CopyData(source, target, data, position);
        }
    }

    private static unsafe void CopyData(SafeFileHandle source, SafeFileHandle target, long position, long end)
    {
        const int AtOnce = 1 << 30;
        while (position < end)
        {
            long from = position;
            long to = position;
            nint copied = copy_file_range(source, &from, target, &to, (nuint)Math.Min(end - position, AtOnce), 0);
            if (copied < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno == LibC.EINTR)
                {
                    continue;
                }

                bool refused = errno == LibC.EXDEV || errno == LibC.EINVAL || errno == LibC.ENOSYS || errno == LibC.EOPNOTSUPP || errno == LibC.EPERM;
                copied = refused ? CopyByHand(source, target, position, end) : throw Failure(errno, "copy_file_range", target, default);
            }

            if (copied == 0)
            {
                return;
            }

            position += copied;
        }
    }

    /// <summary>Waits until the file and its metadata, or the directory's names, are on the disk.</summary>
    public static void Sync(SafeFileHandle handle)
    {
        if (fsync(handle) != 0)
        {
            throw Failure("fsync", handle, default);
        }
    }

    /// <summary>Waits until everything on the descriptor's file system is on the disk.</summary>
    public static void SyncFileSystem(SafeFileHandle handle)
    {
        if (syncfs(handle) != 0)
        {
            throw Failure("syncfs", handle, default);
        }
    }

    private static int CopyByHand(SafeFileHandle source, SafeFileHandle target, long position, long end)
    {
        byte[] buffer = new byte[1 << 17];
        int count = RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - position)), position);
        RandomAccess.Write(target, buffer.AsSpan(0, count), position);
        return count;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(SafeFileHandle fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint copy_file_range(SafeFileHandle fdIn, long* offsetIn, SafeFileHandle fdOut, long* offsetOut, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(SafeFileHandle fd);
}
