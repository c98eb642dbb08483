using System.IO.Compression;
using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;
using ICSharpCode.SharpZipLib.Tar;
using Mono.Unix.Native;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Images.Tests;

public sealed class UnpackerTests : IDisposable
{
    private readonly Tree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Unpack_EveryKind_IsThere()
    {
        _tree.Unpack(new TarBuilder()
            .Directory("d", mode: 0x1C0, time: 12345)
            .File("d/f", "content", mode: 0x9ED)
            .Symlink("d/s", "../nowhere at all")
            .HardLink("d/h", "d/f")
            .Entry('6', "d/p", []));
        Assert.Equal("content", File.ReadAllText(_tree["d/f"]));
        Assert.Equal(0, Syscall.lstat(_tree["d/f"], out Stat file));
        Assert.Equal((FilePermissions)0x89ED, file.st_mode);
        Assert.Equal(2UL, file.st_nlink);
        Assert.Equal(1_000_000_000, file.st_mtime);
        Assert.Equal(0, Syscall.lstat(_tree["d/h"], out Stat link));
        Assert.Equal(file.st_ino, link.st_ino);
        Assert.Equal("../nowhere at all", new FileInfo(_tree["d/s"]).LinkTarget);
        Assert.Equal(FileKind.Fifo, _tree.StatusOf("d/p").Kind);

        // After all that was made in it.
        Assert.Equal(0, Syscall.lstat(_tree["d"], out Stat directory));
        Assert.Equal(12345, directory.st_mtime);
        Assert.Equal((FilePermissions)0x41C0, directory.st_mode);
    }

    [Fact]
    public void Unpack_DirectoryWithoutPermissions_StillGetsItsFiles()
    {
        _tree.Unpack(new TarBuilder().Directory("d", mode: 0x140).File("d/f", "x"));
        Assert.Equal(0x140u, _tree.StatusOf("d").Mode);
        Assert.True(File.Exists(_tree["d/f"]));
    }

    [Fact]
    public void Unpack_OfSharpZipLib_IsTheSame()
    {
        string path = string.Join('/', Enumerable.Repeat("a-long-directory-name", 12)) + "/file";
        byte[] content = new byte[300_000];
        new Random(1).NextBytes(content);
        using MemoryStream archive = new();
        using (TarOutputStream output = new(archive, Encoding.UTF8))
        {
            TarEntry entry = TarEntry.CreateTarEntry(path);
            entry.Size = content.Length;
            output.PutNextEntry(entry);
            output.Write(content);
            output.CloseEntry();
        }

        _tree.Unpack(archive.ToArray());
        Assert.Equal(content, File.ReadAllBytes(_tree[path]));
    }

    [Fact]
    public void Unpack_NamesThatAreNoText_AreKept()
    {
        byte[] name = [0xFF, 0xFE, (byte)'x', 0xE4];
        _tree.Unpack(new TarBuilder().Entry('0', name, "x"u8.ToArray(), []));
        using Microsoft.Win32.SafeHandles.SafeFileHandle root = FileSystem.OpenPath(_tree.Root, OpenAs.Directory);
        Assert.True(FileSystem.TryGetStatus(root, name, out _));
    }

    [Fact]
    public void Unpack_XattrBytesAbove127_AreKept()
    {
        byte[] value = [.. Enumerable.Range(0, 256).Select(static number => (byte)number)];
        _tree.Unpack(new TarBuilder().PaxBytes(("SCHILY.xattr.user.bytes", value)).File("f").Pax(("LIBARCHIVE.xattr.user.b64", "/wAB")).File("g"));
        Assert.Equal(value, _tree.XattrOf("f", "user.bytes"));
        Assert.Equal([0xFF, 0x00, 0x01], _tree.XattrOf("g", "user.b64")!);
        Assert.Null(_tree.XattrOf("g", "user.bytes"));
    }

    [Fact]
    public void Unpack_GnuLongNames_AreWhole()
    {
        string name = new('n', 200);
        string target = new('t', 300);
        _tree.Unpack(new TarBuilder()
            .Entry('K', "././@LongLink", Encoding.UTF8.GetBytes(target + "\0"), gnu: true)
            .Entry('L', "././@LongLink", Encoding.UTF8.GetBytes(name + "\0"), gnu: true)
            .Entry('2', name[..100], [], target[..100], gnu: true));
        Assert.Equal(target, new FileInfo(_tree[name]).LinkTarget);
    }

    [Fact]
    public void Unpack_UstarPrefix_BelongsToTheName()
    {
        _tree.Unpack(new TarBuilder().Entry('0', "file", [], change: static header => "some/prefix"u8.CopyTo(header.AsSpan(345))));
        Assert.True(File.Exists(_tree["some/prefix/file"]));
    }

    [Fact]
    public void Unpack_Base256Size_IsRead()
    {
        _tree.Unpack(new TarBuilder().Entry('0', "file", "abc"u8.ToArray(), gnu: true, change: static header =>
        {
            header.AsSpan(124, 12).Clear();
            header[124] = 0x80;
            header[135] = 3;
        }));
        Assert.Equal("abc", File.ReadAllText(_tree["file"]));
    }

    [Fact]
    public void Unpack_TimesBefore1970AndFractions_AreKept()
    {
        _tree.Unpack(new TarBuilder().Pax(("mtime", "-1.25")).File("f").Pax(("mtime", "5.5")).File("g"));
        Assert.Equal(new FileTime(-2, 750_000_000), _tree.StatusOf("f").Modified);
        Assert.Equal(new FileTime(5, 500_000_000), _tree.StatusOf("g").Modified);
    }

    [Fact]
    public void Unpack_OldGnuSparse_HasHoles()
    {
        _tree.Unpack(new TarBuilder().Entry('S', "sparse", "headtail"u8.ToArray(), gnu: true, change: static header =>
        {
            TarBuilder.Octal(header, 386, 12, 0);
            TarBuilder.Octal(header, 398, 12, 4);
            TarBuilder.Octal(header, 410, 12, 1 << 20);
            TarBuilder.Octal(header, 422, 12, 4);
            TarBuilder.Octal(header, 483, 12, 2 << 20);
        }));
        AssertSparse(_tree["sparse"]);
    }

    [Theory]
    [InlineData("0.0")]
    [InlineData("0.1")]
    [InlineData("1.0")]
    public void Unpack_PaxSparse_HasHoles(string version)
    {
        byte[] data = "headtail"u8.ToArray();
        TarBuilder archive = version switch
        {
            "0.0" => new TarBuilder().Pax(
                ("GNU.sparse.size", "2097152"), ("GNU.sparse.numblocks", "2"),
                ("GNU.sparse.offset", "0"), ("GNU.sparse.numbytes", "4"), ("GNU.sparse.offset", "1048576"), ("GNU.sparse.numbytes", "4")).Entry('0', "sparse", data),
            "0.1" => new TarBuilder().Pax(
                ("GNU.sparse.size", "2097152"), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.name", "sparse"), ("GNU.sparse.map", "0,4,1048576,4")).Entry('0', "GNUSparseFile.1/sparse", data),
            _ => new TarBuilder().Pax(
                ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "sparse"), ("GNU.sparse.realsize", "2097152"))
                .Entry('0', "GNUSparseFile.1/sparse", [.. "2\n0\n4\n1048576\n4\n"u8.ToArray().Concat(new byte[512]).Take(512), .. data]),
        };
        _tree.Unpack(archive);
        AssertSparse(_tree["sparse"]);
    }

    [Theory]
    [InlineData("0,4,2,4")]
    [InlineData("0,4,2097150,4")]
    [InlineData("0,4,1048576")]
    [InlineData("0,4,1048576,5")]
    public void Unpack_SparseMapThatLies_IsRefused(string map) => _tree.AssertRefused(
        new TarBuilder().Pax(("GNU.sparse.size", "2097152"), ("GNU.sparse.map", map)).Entry('0', "s", "headtail"u8.ToArray()), "sparse");

    [Fact]
    public void Unpack_LaterEntry_ReplacesWhatIsThere()
    {
        _tree.Unpack(new TarBuilder()
            .Directory("a").File("a/below", "x").File("a", "now a file")
            .File("b", "file").Directory("b").File("b/below", "y")
            .File("c", "one").HardLink("d", "c").File("c", "two"));
        Assert.Equal("now a file", File.ReadAllText(_tree["a"]));
        Assert.Equal("y", File.ReadAllText(_tree["b/below"]));
        Assert.Equal("two", File.ReadAllText(_tree["c"]));
        Assert.Equal("one", File.ReadAllText(_tree["d"]));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("gzip twice")]
    public void Unpack_PackedArchive_IsRecognizedByItsBytes(string packing)
    {
        byte[] plain = new TarBuilder().File("f", new string('x', 100_000)).ToArray();
        byte[] packed = packing switch
        {
            "gzip" => Pack.Gzip(plain),
            "zstd" => Pack.Zstd(plain),
            _ => [.. Pack.Gzip(plain[..1000]), .. Pack.Gzip(plain[1000..])],
        };
        _tree.Unpack(packed);
        Assert.Equal(100_000, new FileInfo(_tree["f"]).Length);
    }

    [Theory]
    [InlineData("gzip", false)]
    [InlineData("gzip", true)]
    [InlineData("zstd", false)]
    [InlineData("zstd", true)]
    public void Unpack_DamagedOrCutPacking_IsRefused(string packing, bool isCut)
    {
        byte[] content = new byte[200_000];
        new Random(3).NextBytes(content);
        byte[] plain = new TarBuilder().Entry('0', "f", content).ToArray();
        byte[] packed = packing == "gzip" ? Pack.Gzip(plain) : Pack.Zstd(plain);
        if (isCut)
        {
            packed = packed[..(packed.Length / 2)];
        }
        else
        {
            // The checksum at the end of gzip's data, the frame's header in zstd's.
            packed[packing == "gzip" ? packed.Length - 6 : 4] ^= 0xFF;
        }

        _tree.AssertRefused(packed, "cannot unpack");
    }

    [Theory]
    [InlineData(700)]
    [InlineData(1100)]
    public void Unpack_CutArchive_IsRefused(int length) =>
        _tree.AssertRefused(new TarBuilder().File("f", new string('x', 2000)).ToArray()[..length], "ends in the middle");

    [Fact]
    public void Unpack_WithoutWhiteouts_TheirNamesAreFiles()
    {
        _tree.Unpack(new TarBuilder().File(".wh.x", "content"), whiteouts: false);
        Assert.Equal("content", File.ReadAllText(_tree[".wh.x"]));
    }

    [Fact]
    public void Unpack_RandomlyChangedArchives_AreUnpackedOrRefusedButNeverEscape()
    {
        byte[] seed = new TarBuilder()
            .Directory("d").File("d/f", "content").Symlink("d/s", _tree.Outside).HardLink("h", "d/f")
            .Pax(("path", "long/name"), ("mtime", "1.5"), ("SCHILY.xattr.user.a", "b")).File("f", "x")
            .Pax(("GNU.sparse.size", "4096"), ("GNU.sparse.map", "0,1,100,1")).Entry('0', "sparse", "ab"u8.ToArray())
            .Entry('L', "l", "gnu-long-name\0"u8.ToArray(), gnu: true).File("x", "y").File("d/.wh.f").ToArray();
        Random random = new(20261124);
        int refused = 0;
        for (int round = 0; round < 400; round++)
        {
            byte[] changed = [.. seed];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            // Mostly past the checksum, which would otherwise catch all.
            for (int header = 0; header < changed.Length - 1024 && round % 4 != 0; header += 512)
            {
                if (changed[(header + 257)..(header + 262)].AsSpan().SequenceEqual("ustar"u8))
                {
                    byte[] block = changed[header..(header + 512)];
                    TarBuilder.SetChecksum(block);
                    block.CopyTo(changed, header);
                }
            }

            try
            {
                _tree.Unpack(changed, limits: new UnpackLimits { UnpackedSize = 1 << 20 });
            }
            catch (CrunException)
            {
                refused++;
            }
        }

        _tree.AssertHostIsUnchanged();
        Assert.InRange(refused, 1, 399);
    }

    private static void AssertSparse(string path)
    {
        byte[] content = File.ReadAllBytes(path);
        Assert.Equal(2 << 20, content.Length);
        Assert.Equal("head"u8.ToArray(), content[..4]);
        Assert.Equal("tail"u8.ToArray(), content[(1 << 20)..((1 << 20) + 4)]);
        Assert.Equal(8, content.Count(static value => value != 0));
        Assert.True(Tree.Status(path).Blocks < 256, "the holes take room");
    }
}

/// <summary>Bytes packed as layers are.</summary>
internal static class Pack
{
    public static byte[] Gzip(byte[] plain)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    public static byte[] Zstd(byte[] plain)
    {
        using ZstdSharp.Compressor compressor = new();
        return compressor.Wrap(plain).ToArray();
    }
}
