using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>Reads the memory of another process.</summary>
public static unsafe partial class ProcessMemory
{
    private const int PageSize = 4096;
    private const int LongestPath = 4096;

    /// <summary>How many bytes could be read.</summary>
    /// <remarks>Needs the right to trace the process. Linux 3.2.</remarks>
    public static int Read(int pid, ulong address, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            Vector local = new() { Base = (nuint)pointer, Length = (nuint)buffer.Length };
            Vector remote = new() { Base = (nuint)address, Length = (nuint)buffer.Length };
            return (int)Math.Max(process_vm_readv(pid, &local, 1, &remote, 1, 0), 0);
        }
    }

    /// <summary>The text at an address up to its NUL, or null where nothing is.</summary>
    public static byte[]? ReadText(int pid, ulong address)
    {
        if (address == 0)
        {
            return null;
        }

        byte[] text = new byte[LongestPath];
        int length = 0;
        while (length < text.Length)
        {
            // A read that touches a page that is not there gives nothing of the one that is.
            int part = Math.Min(text.Length - length, PageSize - (int)((address + (ulong)length) % PageSize));
            int got = Read(pid, address + (ulong)length, text.AsSpan(length, part));
            if (got == 0)
            {
                return null;
            }

            int end = text.AsSpan(length, got).IndexOf((byte)0);
            if (end >= 0)
            {
                return text[..(length + end)];
            }

            length += got;
        }

        return text;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public nuint Base;
        public nuint Length;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint process_vm_readv(int pid, Vector* local, nuint locals, Vector* remote, nuint remotes, nuint flags);
}
