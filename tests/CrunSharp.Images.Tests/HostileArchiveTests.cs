using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Images.Tests;

/// <summary>The ways out of a root that unpackers fell to; each test looks at the host's file afterwards.</summary>
public sealed class HostileArchiveTests : IDisposable
{
    private readonly Tree _tree = new();

    public static TheoryData<string, bool> Attacks { get; } =
        [.. HostileArchives.Names.SelectMany(static name => new TheoryDataRow<string, bool>[] { new(name, true), new(name, false) })];

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Cve2021_29136_FileThroughAbsoluteSymlink_StaysInRoot()
    {
        _tree.Unpack(new TarBuilder().Symlink("a", _tree.Outside).File("a/file", "attack"));
        Assert.Equal("attack", File.ReadAllText(_tree.Root + _tree.Outside + "/file"));
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public void Cve2021_29136_FileThroughClimbingSymlink_StaysInRoot()
    {
        _tree.Unpack(new TarBuilder().Symlink("a", "../../../../../../outside").File("a/file", "attack"));
        Assert.Equal("attack", File.ReadAllText(_tree["outside/file"]));
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public void Cve2020_10696_FileInPlaceOfSymlink_ReplacesTheLinkAndNotItsTarget()
    {
        _tree.Unpack(new TarBuilder().Symlink("a", Path.Combine(_tree.Outside, "file")).File("a", "attack"));
        Assert.Equal(FileKind.Regular, _tree.StatusOf("a").Kind);
        _tree.AssertHostIsUnchanged();
    }

    [Theory]
    [InlineData("../outside/file")]
    [InlineData("a/../../outside/file")]
    [InlineData("/../outside/file")]
    [InlineData("..")]
    public void Cve2021_29136_PathThatGoesUp_IsRefused(string path) =>
        _tree.AssertRefused(new TarBuilder().File(path, "attack"), "goes up with '..'");

    [Theory]
    [InlineData('2')]
    [InlineData('0')]
    public void Cve2021_29136_RootReplaced_IsRefused(char type) =>
        _tree.AssertRefused(new TarBuilder().Entry(type, ".", [], type == '2' ? _tree.Outside : "").File("file", "attack"), "root directory");

    [Theory]
    [InlineData("../outside/file")]
    [InlineData("../../../../etc/passwd")]
    public void Cve2026_17106_HardLinkThatGoesUp_IsRefused(string target) =>
        _tree.AssertRefused(new TarBuilder().HardLink("a", target).File("a", "attack"), "goes up with '..'");

    [Fact]
    public void Cve2026_17106_HardLinkByAbsolutePath_IsResolvedInRoot()
    {
        _tree.Unpack(new TarBuilder().HardLink("a", Path.Combine(_tree.Outside, "file")));
        Assert.False(File.Exists(_tree["a"]));
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public void Cve2026_17106_HardLinkThroughSymlink_IsResolvedInRoot()
    {
        _tree.Unpack(new TarBuilder().Symlink("s", _tree.Outside).HardLink("a", "s/file"));
        Assert.False(File.Exists(_tree["a"]));
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public void Cve2026_17106_WriteThroughHardLinkToSymlink_ReplacesTheLink()
    {
        _tree.Unpack(new TarBuilder().Symlink("s", Path.Combine(_tree.Outside, "file")).HardLink("a", "s").File("a", "attack"));
        Assert.Equal("attack", File.ReadAllText(_tree["a"]));
        _tree.AssertHostIsUnchanged();
    }

    // Written first as a link, then by the same name as a file.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cve2018_20990_SecondEntryOfOneName_DoesNotWriteThroughTheFirst(bool isHardLink)
    {
        TarBuilder archive = new TarBuilder().Symlink("s", Path.Combine(_tree.Outside, "file"));
        _tree.Unpack((isHardLink ? archive.HardLink("a", "s") : archive.Symlink("a", Path.Combine(_tree.Outside, "file"))).File("a", "attack"));
        Assert.Equal(FileKind.Regular, _tree.StatusOf("a").Kind);
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public void Cve2021_38511_DirectoryBehindASymlink_IsMadeInRoot()
    {
        _tree.Unpack(new TarBuilder().Symlink("a", "../outside").Directory("a/made").File("a/implied/file", "attack"));
        Assert.True(Directory.Exists(_tree["outside/made"]));
        Assert.True(Directory.Exists(_tree["outside/implied"]));
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public void Cve2026_33056_DirectoryEntryOverASymlink_DoesNotChangeTheTargetsMode()
    {
        FileStatus before = Tree.Status(_tree.Outside);
        _tree.Unpack(new TarBuilder().Symlink("a", _tree.Outside).Directory("a", mode: 0x1FF, time: 1).Directory("a", mode: 0, time: 2));
        Assert.Equal(before, Tree.Status(_tree.Outside));
        Assert.Equal(FileKind.Directory, _tree.StatusOf("a").Kind);
    }

    [Fact]
    public void Cve2021_41089_DirectoryInPlaceOfSymlink_DoesNotChangeTheTargetsMode()
    {
        UnixFileMode before = File.GetUnixFileMode(_tree.Outside);
        _tree.Unpack(new TarBuilder().Symlink("a", _tree.Outside).Directory("a", mode: 0x1FF));
        Assert.Equal(before, File.GetUnixFileMode(_tree.Outside));
        Assert.Equal(FileKind.Directory, _tree.StatusOf("a").Kind);
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public void Cve2025_47290_DirectorySwappedForSymlinkBetweenEntries_LeadsNowhereElse()
    {
        _tree.Unpack(new TarBuilder().Directory("d").File("d/one", "1").Symlink("d", _tree.Outside).File("d/file", "attack"));
        _tree.AssertHostIsUnchanged();
        Assert.Equal("attack", File.ReadAllText(_tree.Root + _tree.Outside + "/file"));
    }

    [Fact]
    public void Cve2025_11395_MagicLinkOfProc_IsNotFollowed()
    {
        _tree.Unpack(new TarBuilder().Symlink("self", "/proc/self/cwd").File("self/crun-sharp-attack", "attack"));
        Assert.False(File.Exists(Path.Combine(Environment.CurrentDirectory, "crun-sharp-attack")));
        Assert.True(File.Exists(_tree["proc/self/cwd/crun-sharp-attack"]));
        _tree.AssertHostIsUnchanged();
    }

    [Theory]
    [InlineData(".wh.")]
    [InlineData(".wh..")]
    [InlineData(".wh...")]
    [InlineData("a/.wh...")]
    public void Cve2021_29136_WhiteoutOfTheDirectoryAbove_IsRefused(string path) =>
        _tree.AssertRefused(new TarBuilder().Directory("a").File("a/kept", "x").File(path), "removes a directory by a name for itself");

    [Fact]
    public void Cve2021_29136_WhiteoutThroughSymlink_HidesNothingOfTheHost()
    {
        _tree.Unpack(new TarBuilder().Symlink("s", _tree.Outside).File("s/.wh.file"));
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public void Own_OverlayMarks_CharacterDevice00_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().File("kept").Entry('3', "kept", [], change: static header =>
        {
            TarBuilder.Octal(header, 329, 8, 0);
            TarBuilder.Octal(header, 337, 8, 0);
        }), "0:0");

    [Theory]
    [InlineData("user.overlay.redirect")]
    [InlineData("user.overlay.opaque")]
    [InlineData("trusted.overlay.metacopy")]
    [InlineData("trusted.overlay.overlay.whiteout")]
    public void Own_OverlayMarks_ExtendedAttributes_AreLeftOutWithANote(string name)
    {
        UnpackReport report = _tree.Unpack(new TarBuilder().Pax(($"SCHILY.xattr.{name}", "/etc")).Directory("d"));
        Assert.Null(_tree.XattrOf("d", name));
        Assert.Contains(report.Notes, note => note.Contains(name, StringComparison.Ordinal));
    }

    [Fact]
    public void Own_OverlayMarks_ByLibarchivesSpelling_AreLeftOutToo()
    {
        UnpackReport report = _tree.Unpack(new TarBuilder().Pax(("LIBARCHIVE.xattr.user%2Eoverlay.redirect", "L2V0Yw")).Directory("d"));
        Assert.Null(_tree.XattrOf("d", "user.overlay.redirect"));
        Assert.NotEmpty(report.Notes);
    }

    [Fact]
    public void Cve2026_32766_PaxSizeAgainstHeaderSize_HidesNoEntry()
    {
        // Read by the header's size 0, the file's content would be an entry of its own.
        byte[] hidden = new TarBuilder().Symlink("evil", _tree.Outside).ToArray(ended: false);
        _tree.Unpack(new TarBuilder().Pax(("size", "512")).Entry('0', "file", hidden, size: 0));
        Assert.Equal(hidden, File.ReadAllBytes(_tree["file"]));
        Assert.Equal(["file"], Directory.GetFileSystemEntries(_tree.Root).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData('2')]
    [InlineData('3')]
    [InlineData('5')]
    [InlineData('6')]
    public void Cve2025_62518_EntryThatIsNoFileWithASize_IsRefused(char type) =>
        _tree.AssertRefused(new TarBuilder().Entry(type, "x", new byte[512], "target"), "readers disagree");

    [Theory]
    [InlineData("5 a=b\n")]
    [InlineData("99 path=b\n")]
    [InlineData("-9 path=b\n")]
    [InlineData("9 path=bc")]
    [InlineData("9 =path=b\n")]
    [InlineData("path=b\n")]
    [InlineData("10 size=-1\n")]
    [InlineData("11 size=1x3\n")]
    [InlineData("30 size=9999999999999999999999\n")]
    public void Cve2026_32766_MalformedPax_IsRefused(string records) =>
        _tree.AssertRefused(new TarBuilder().Entry('x', "pax", Encoding.UTF8.GetBytes(records)).File("f"), "cannot unpack");

    [Fact]
    public void Cve2026_32766_GlobalPath_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().Global(("path", "x")).File("f"), "global header");

    [Fact]
    public void Cve2026_32766_TwoKindsOfLongName_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().Entry('L', "l", "gnu\0"u8.ToArray()).Pax(("path", "pax")).File("f"), "readers disagree");

    [Fact]
    public void Cve2026_32766_EmptyBlockBetweenEntries_IsRefused() =>
        _tree.AssertRefused([.. new TarBuilder().File("a").ToArray(ended: false), .. new byte[512], .. new TarBuilder().File("b").ToArray()], "empty block");

    [Fact]
    public void Path_WithNul_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().Pax(("path", "a\0b")).File("f"), "NUL");

    [Fact]
    public void Path_BeyondTheLimit_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().Pax(("path", string.Concat(Enumerable.Repeat("abcdefg/", 600)) + "x")).File("f"), "4095");

    [Fact]
    public void Name_LongerThanAnyFileSystemTakes_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().Pax(("path", new string('x', 256))).File("f"), "256 bytes");

    [Fact]
    public void Owner_ThatWouldMeanNoChange_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().Pax(("uid", "4294967295")).File("f"), "is no id");

    [Fact]
    public void Entries_BeyondTheLimit_AreRefused() =>
        _tree.AssertRefused(new TarBuilder().File("a").File("b").File("c"), "more than 2 entries", new UnpackLimits { Entries = 2 });

    [Fact]
    public void Cve2017_14992_ArchiveBeyondTheLimit_IsRefused()
    {
        using MemoryStream packed = new();
        using (System.IO.Compression.GZipStream gzip = new(packed, System.IO.Compression.CompressionLevel.Fastest))
        {
            gzip.Write(new TarBuilder().File("a", new string('\0', 64 << 20)).ToArray());
        }

        _tree.AssertRefused(packed.ToArray(), "limit of 1048576 bytes", new UnpackLimits { UnpackedSize = 1 << 20 });
    }

    [Fact]
    public void PaxHeader_BeyondTheLimit_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().Entry('x', "pax", [], size: 1L << 40).File("f"), "at most");

    [Fact]
    public void HardLink_ToADirectory_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().Directory("d").HardLink("a", "d"), "hard link to the directory");

    [Fact]
    public void File_BeneathAFile_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().File("a", "x").File("a/b", "y"), "cannot unpack");

    [Fact]
    public void SymlinkLoop_InAPath_IsRefused() =>
        _tree.AssertRefused(new TarBuilder().Symlink("a", "b").Symlink("b", "a").File("a/x"), "cannot unpack");

    // As a layer, and as an archive that is none: what import, cp and volumes unpack.
    [Theory]
    [MemberData(nameof(Attacks))]
    public void Own_SameUnpacker_EveryHostileArchive_LeavesTheHostAlone(string attack, bool isLayer)
    {
        UnpackOrRefuse(attack, isLayer);
        _tree.AssertHostIsUnchanged();
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Own_SameUnpacker_EveryHostileArchiveWithoutOpenat2_LeavesTheHostAlone(string attack, bool isLayer)
    {
        using IDisposable older = FileSystem.WithoutOpenat2();
        UnpackOrRefuse(attack, isLayer);
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public void Cve2022_1227_ArchiveThatIsNoLayer_IsUnpackedWithTheSameCare()
    {
        _tree.Unpack(new TarBuilder().Symlink("a", _tree.Outside).File("a/file", "attack").File("a/.wh.file", "a name like any other"), whiteouts: false);
        Assert.Equal("attack", File.ReadAllText(_tree.Root + _tree.Outside + "/file"));
        _tree.AssertHostIsUnchanged();
        Assert.Throws<CrunException>(() => _tree.Unpack(new TarBuilder().File("../outside/file", "attack"), whiteouts: false));
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public void Refusal_NamesTheEntry()
    {
        CrunException refusal = Assert.Throws<CrunException>(() => _tree.Unpack(new TarBuilder().File("fine").File("bad/../x")));
        Assert.StartsWith("cannot unpack the archive: 'bad/../x'", refusal.Message, StringComparison.Ordinal);
    }

    private void UnpackOrRefuse(string attack, bool isLayer)
    {
        try
        {
            _tree.Unpack(HostileArchives.Make(attack, _tree.Outside), whiteouts: isLayer);
        }
        catch (CrunException)
        {
            // Either is fine, as long as nothing outside has changed.
        }
    }
}
