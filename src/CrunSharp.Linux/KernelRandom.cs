using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>Random bytes from the kernel itself.</summary>
/// <remarks>The framework's generator loads OpenSSL first: 3 ms and 4 MiB, more than all the rest of a launch's C#.</remarks>
public static unsafe partial class KernelRandom
{
    /// <remarks>getrandom(2), Linux 3.17: up to 256 bytes come whole and without interruption.</remarks>
    public static byte[] Bytes(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 256);
        byte[] bytes = new byte[count];
        fixed (byte* pointer = bytes)
        {
            return getrandom(pointer, (nuint)count, 0) == count ? bytes : throw Answer.Refused("getrandom");
        }
    }

    /// <summary>A number from 0 to below <paramref name="limit"/>, evenly enough for a name.</summary>
    public static int Below(int limit) => (int)(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(sizeof(uint))) % (uint)limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getrandom(byte* buffer, nuint size, uint flags);
}
