using System.Buffers.Binary;
using System.IO.Compression;
using CrunSharp.Oci;

namespace CrunSharp.Machines;

/// <summary>The two forms of a kernel on x86: as distributions ship it (bzImage), and uncompressed (ELF), which every monitor loads.</summary>
/// <remarks>Documentation/arch/x86/boot.rst of Linux: setup_sects, header, payload_offset, payload_length.</remarks>
internal static class KernelImage
{
    private const int SetupSectorsAt = 0x1F1;
    private const int HeaderAt = 0x202;
    private const int PayloadOffsetAt = 0x248;
    private const int PayloadLengthAt = 0x24C;
    private const int Sector = 512;
    private const int Lz4Block = 8 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>The kernel itself, without the code that would uncompress it; the same bytes where it is that already.</summary>
    /// <param name="work">An existing directory for a moment's file.</param>
    /// <exception cref="CrunException">It is neither form, or compressed in a way that is not known here.</exception>
    public static byte[] Uncompress(string path, string work)
    {
        byte[] image = File.ReadAllBytes(path);
        if (IsElf(image))
        {
            return image;
        }

        if (image.Length < PayloadLengthAt + 4 || !image.AsSpan(HeaderAt, 4).SequenceEqual("HdrS"u8))
        {
            throw new CrunException($"cannot use the kernel '{path}'", "it is neither an ELF file nor a bzImage");
        }

        int begin = ((image[SetupSectorsAt] + 1) * Sector) + Number(image, PayloadOffsetAt);
        int length = Number(image, PayloadLengthAt);
        if (begin < 0 || length <= 4 || length > image.Length - begin)
        {
            throw new CrunException($"cannot use the kernel '{path}'", "its header names bytes that are not there");
        }

        // The length that it will have stands behind the compressed bytes.
        byte[] kernel = Inflate(image[begin..(begin + length - 4)], work)
            ?? throw new CrunException($"cannot use the kernel '{path}'", "it is compressed in a way that is not known here");
        return IsElf(kernel) ? kernel : throw new CrunException($"cannot use the kernel '{path}'", "what it is uncompressed to is no ELF file");
    }

    private static bool IsElf(ReadOnlySpan<byte> bytes) => bytes.StartsWith("\u007fELF"u8);

    private static int Number(byte[] image, int at) => BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(at));

    private static byte[]? Inflate(byte[] payload, string work) => payload switch
    {
        [0x02, 0x21, 0x4C, 0x18, ..] => InflateLz4(payload),
        [0x1F, 0x8B, ..] => InflateGzip(payload),
        [0xFD, 0x37, 0x7A, ..] => InflateBy(payload, work, "xz -dc --single-stream"),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => InflateBy(payload, work, "zstd -dc"),
        _ => null,
    };

    private static byte[] InflateGzip(byte[] payload)
    {
        using GZipStream stream = new(new MemoryStream(payload), CompressionMode.Decompress);
        using MemoryStream all = new();
        stream.CopyTo(all);
        return all.ToArray();
    }

    private static byte[] InflateBy(byte[] payload, string work, string command)
    {
        string file = $"{work}/kernel.payload";
        try
        {
            File.WriteAllBytes(file, payload);
            HostTool.Run("sh", s_limit, "-c", $"{command} <\"$1\" >\"$1.elf\"", "sh", file);
            return File.ReadAllBytes($"{file}.elf");
        }
        finally
        {
            File.Delete(file);
            File.Delete($"{file}.elf");
        }
    }

    // The "legacy frame" of lz4_Frame_format.md: blocks of at most 8 MiB, each behind its length; lz4_Block_format.md.
    private static byte[] InflateLz4(byte[] payload)
    {
        using MemoryStream all = new();
        byte[] block = new byte[Lz4Block];
        for (int at = 4; at + 4 <= payload.Length;)
        {
            int length = Number(payload, at);
            at += 4;
            if (length <= 0 || length > payload.Length - at)
            {
                throw new CrunException("cannot uncompress the kernel", "a block goes beyond its end");
            }

            all.Write(block, 0, InflateBlock(payload.AsSpan(at, length), block));
            at += length;
        }

        return all.ToArray();
    }

    private static int InflateBlock(ReadOnlySpan<byte> from, Span<byte> to)
    {
        int read = 0;
        int written = 0;
        while (read < from.Length)
        {
            byte token = from[read++];
            int literals = Length(token >> 4, from, ref read);
            from.Slice(read, literals).CopyTo(to[written..]);
            read += literals;
            written += literals;
            if (read == from.Length)
            {
                break;
            }

            int back = BinaryPrimitives.ReadUInt16LittleEndian(from[read..]);
            read += 2;
            int match = Length(token & 15, from, ref read) + 4;
            if (back == 0 || back > written)
            {
                throw new CrunException("cannot uncompress the kernel", "a block refers to what is before it");
            }

            // Byte by byte: what is copied may be what was just written.
            for (int end = written + match; written < end; written++)
            {
                to[written] = to[written - back];
            }
        }

        return written;
    }

    private static int Length(int nibble, ReadOnlySpan<byte> from, ref int read)
    {
        int length = nibble;
        for (byte more = nibble == 15 ? (byte)255 : (byte)0; more == 255; length += more)
        {
            more = from[read++];
        }

        return length;
    }
}
