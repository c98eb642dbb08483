using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>Small whole files and pipes, by the plain calls: no stream is made for a few bytes.</summary>
public static unsafe partial class Descriptors
{
    /// <summary>Opens a file; close-on-exec always.</summary>
    public static SafeFileHandle Open(string path, int flags, uint mode = 0)
    {
        SafeFileHandle? file = TryOpen(path, flags, mode);
        return file ?? throw new LinuxException(LibC.ENOENT, $"open(\"{path}\")");
    }

    /// <summary>Null when the file, or a directory on the way to it, is not there.</summary>
    public static SafeFileHandle? TryOpen(string path, int flags, uint mode = 0)
    {
        int fd = open(path, flags | LibC.O_CLOEXEC, mode);
        if (fd >= 0)
        {
            return new SafeFileHandle(fd, ownsHandle: true);
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == LibC.ENOENT ? null : throw new LinuxException(errno, $"open(\"{path}\")");
    }

    /// <summary>All bytes of a file of at most <paramref name="limit"/>; null when it is not there.</summary>
    public static byte[]? TryReadAll(string path, int limit = 16 << 20)
    {
        using SafeFileHandle? file = TryOpen(path, LibC.O_RDONLY);
        return file is null ? null : ReadAll(file, path, limit);
    }

    /// <summary>As <see cref="TryReadAll(string, int)"/>, of a file that holds text.</summary>
    public static string? TryReadText(string path) => TryReadAll(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>All bytes of a file of at most <paramref name="limit"/>.</summary>
    public static byte[] ReadAll(string path, int limit = 16 << 20)
    {
        using SafeFileHandle file = Open(path, LibC.O_RDONLY);
        return ReadAll(file, path, limit);
    }

    /// <summary>Writes everything; a pipe or file that takes less is written to again.</summary>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written;
            fixed (byte* pointer = bytes)
            {
                written = write(file, pointer, (nuint)bytes.Length);
            }

            if (written >= 0)
            {
                bytes = bytes[(int)written..];
                continue;
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno != LibC.EINTR)
            {
                throw new LinuxException(errno, "write");
            }
        }
    }

    /// <summary>One call with all bytes, as the files of procfs and cgroups want it.</summary>
    public static void WriteOnce(string path, ReadOnlySpan<byte> bytes)
    {
        using SafeFileHandle file = Open(path, LibC.O_WRONLY);
        fixed (byte* pointer = bytes)
        {
            if (write(file, pointer, (nuint)bytes.Length) < 0)
            {
                throw Answer.Refused($"write(\"{path}\")");
            }
        }
    }

    /// <summary>Reads once; 0 at the end.</summary>
    public static int Read(SafeFileHandle file, Span<byte> buffer)
    {
        while (true)
        {
            nint got;
            fixed (byte* pointer = buffer)
            {
                got = read(file, pointer, (nuint)buffer.Length);
            }

            if (got >= 0)
            {
                return (int)got;
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno != LibC.EINTR)
            {
                throw new LinuxException(errno, "read");
            }
        }
    }

    /// <summary>Waits until nobody else has this file locked; the lock ends with the descriptor, or with the process.</summary>
    public static void Lock(SafeFileHandle file)
    {
        const int Exclusive = 2;
        while (flock(file, Exclusive) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != LibC.EINTR)
            {
                throw new LinuxException(errno, "flock");
            }
        }
    }

    /// <summary>A pipe: what is written into the second comes out of the first.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        int* ends = stackalloc int[2];
        return pipe2(ends, LibC.O_CLOEXEC) < 0
            ? throw Answer.Refused("pipe2")
            : (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    /// <summary>A copy that programs started from here inherit.</summary>
    public static SafeFileHandle CopyToInherit(SafeFileHandle handle)
    {
        int copy = fcntl(handle, F_DUPFD, 3);
        return copy < 0 ? throw Answer.Refused("fcntl(F_DUPFD)") : new SafeFileHandle(copy, ownsHandle: true);
    }

    /// <summary>A descriptor that the caller left open for this program; what it starts does not get it.</summary>
    public static SafeFileHandle Adopt(int number)
    {
        SafeFileHandle handle = new(number, ownsHandle: true);
        return fcntl(handle, F_SETFD, FD_CLOEXEC) < 0 ? throw Answer.Refused($"fcntl({number}, F_SETFD)") : handle;
    }

    /// <summary>Waits until one has something to read or its other side is gone; its index, or -1 after the time.</summary>
    public static int WaitForOne(ReadOnlySpan<int> descriptors, int milliseconds)
    {
        const short Readable = 1;
        Span<PollEntry> entries = stackalloc PollEntry[descriptors.Length];
        for (int i = 0; i < descriptors.Length; i++)
        {
            entries[i] = new PollEntry { Descriptor = descriptors[i], Events = Readable };
        }

        fixed (PollEntry* pointer = entries)
        {
            while (poll(pointer, (nuint)entries.Length, milliseconds) < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno != LibC.EINTR)
                {
                    throw new LinuxException(errno, "poll");
                }
            }
        }

        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i].Answered != 0)
            {
                return i;
            }
        }

        return -1;
    }

    private static byte[] ReadAll(SafeFileHandle file, string path, int limit)
    {
        // Files of procfs and of cgroups do not tell their size, and fit in here.
        Span<byte> beginning = stackalloc byte[4096];
        int length = Fill(file, beginning);
        if (length > limit)
        {
            throw TooLarge(path);
        }

        if (length < beginning.Length)
        {
            return beginning[..length].ToArray();
        }

        // The size is only a first guess: the file may be growing.
        byte[] buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(Math.Max(FileSystem.GetStatus(file).Size, length), limit));
        beginning.CopyTo(buffer);
        while (true)
        {
            length += Fill(file, buffer.AsSpan(length));
            int beyond = length < buffer.Length ? 0 : Fill(file, beginning);
            if (beyond == 0)
            {
                return length == buffer.Length ? buffer : buffer[..length];
            }

            if (length + beyond > limit)
            {
                throw TooLarge(path);
            }

            Array.Resize(ref buffer, (int)Math.Min(Math.Max(buffer.Length * 2L, length + beyond), limit));
            beginning[..beyond].CopyTo(buffer.AsSpan(length));
            length += beyond;
        }
    }

    // Less than the buffer holds: the file ended.
    private static int Fill(SafeFileHandle file, Span<byte> buffer)
    {
        int length = 0;
        while (length < buffer.Length && Read(file, buffer[length..]) is > 0 and int got)
        {
            length += got;
        }

        return length;
    }

    private static LinuxException TooLarge(string path) => new(LibC.EFBIG, $"read(\"{path}\")");

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Answered;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle fd, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle fd, byte* buffer, nuint size);

    private const int F_DUPFD = 0;
    private const int F_SETFD = 2;
    private const int FD_CLOEXEC = 1;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollEntry* entries, nuint count, int milliseconds);
}
