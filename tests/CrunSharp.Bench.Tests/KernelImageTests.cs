using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CrunSharp.Machines;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.BenchTests;

public sealed class KernelImageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Uncompress_OfAnElfFile_IsTheFileItself() => Assert.Equal("\u007fELF here", Uncompress(Encoding.Latin1.GetBytes("\u007fELF here")));

    [Fact]
    public void Uncompress_OfABzImageInLz4_FollowsLiteralsAndMatches()
    {
        // "\x7fELF", then six bytes from four back, which overlap what they write, then a last literal.
        byte[] block = [0x42, 0x7F, (byte)'E', (byte)'L', (byte)'F', 4, 0, 0x10, (byte)'!'];
        Assert.Equal("\u007fELF\u007fELF\u007fE!", Uncompress(BzImage([0x02, 0x21, 0x4C, 0x18, .. Length(block.Length), .. block])));
    }

    [Fact]
    public void Uncompress_OfABzImageInLz4_TakesLengthsBeyondAByte()
    {
        string tail = new('x', 300);
        byte[] literals = Encoding.Latin1.GetBytes($"\u007fELF{tail}");
        byte[] block = [0xF0, 255, (byte)(literals.Length - 15 - 255), .. literals];
        Assert.Equal($"\u007fELF{tail}", Uncompress(BzImage([0x02, 0x21, 0x4C, 0x18, .. Length(block.Length), .. block])));
    }

    [Fact]
    public void Uncompress_OfABzImageInGzip_IsTheKernel()
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Fastest))
        {
            stream.Write(Encoding.Latin1.GetBytes("\u007fELF in gzip"));
        }

        Assert.Equal("\u007fELF in gzip", Uncompress(BzImage(packed.ToArray())));
    }

    [Theory]
    [InlineData("no kernel at all", "neither an ELF file nor a bzImage")]
    [InlineData(null, "compressed in a way that is not known")]
    public void Uncompress_OfSomethingElse_SaysWhatItIsNot(string? text, string why)
    {
        byte[] image = text is null ? BzImage([1, 2, 3, 4, 5]) : Encoding.ASCII.GetBytes(text);
        Assert.Contains(why, Assert.Throws<CrunException>(() => Uncompress(image)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Uncompress_OfABlockThatRefersBeforeItsBegin_IsRefused()
    {
        byte[] block = [0x10, (byte)'a', 9, 0];
        Assert.Throws<CrunException>(() => Uncompress(BzImage([0x02, 0x21, 0x4C, 0x18, .. Length(block.Length), .. block])));
    }

    private string Uncompress(byte[] image)
    {
        File.WriteAllBytes(_directory["vmlinuz"], image);
        return Encoding.Latin1.GetString(KernelImage.Uncompress(_directory["vmlinuz"], _directory));
    }

    // One sector of setup behind the boot sector; the payload is followed by the length that it will have.
    private static byte[] BzImage(byte[] payload)
    {
        byte[] image = [.. new byte[1024 + 16], .. payload, 0, 0, 0, 0];
        image[0x1F1] = 1;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(0x248), 16);
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(0x24C), payload.Length + 4);
        return image;
    }

    private static byte[] Length(int length)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }
}
