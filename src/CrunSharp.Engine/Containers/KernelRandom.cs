using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>Random bytes from the kernel itself.</summary>
/// <remarks>The framework's generator loads OpenSSL first: 3 ms and 4 MiB, more than all the rest of a launch's C#.</remarks>
internal static class KernelRandom
{
    public static byte[] Bytes(int count)
    {
        using SafeFileHandle source = File.OpenHandle("/dev/urandom");
        byte[] bytes = new byte[count];
        int length = 0;
        while (length < count)
        {
            length += RandomAccess.Read(source, bytes.AsSpan(length), 0);
        }

        return bytes;
    }

    /// <summary>A number from 0 to below <paramref name="limit"/>, evenly enough for a name.</summary>
    public static int Below(int limit) => (int)(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(sizeof(uint))) % (uint)limit);
}
