using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Images.Tests;

/// <summary>What layers, unpacked apart, say about and need from those below.</summary>
public sealed class LayerOrderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Tree _tree = new();
    private readonly ImageStore _store;

    public LayerOrderTests() => _store = ImageStore.Open(
        _directory["store"],
        new ImageStoreOptions { Durable = false, Identity = new UnpackIdentity(!Environment.IsPrivilegedProcess, UserXattr: true) });

    public void Dispose()
    {
        _store.Dispose();
        _tree.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Whiteout_OfAFileBelow_IsOverlaysDevice()
    {
        _tree.Unpack(new TarBuilder().File("d/.wh.gone"));
        Assert.True(_tree.StatusOf("d/gone").IsWhiteout);
        Assert.False(File.Exists(_tree["d/.wh.gone"]));
    }

    [Fact]
    public void OpaqueMark_OnADirectory_IsOverlaysAttribute()
    {
        _tree.Unpack(new TarBuilder().Directory("d").File("d/.wh..wh..opq").File("d/f"));
        Assert.Equal("y"u8.ToArray(), _tree.XattrOf("d", "user.overlay.opaque")!);
        Assert.True(File.Exists(_tree["d/f"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whiteout_BesideADirectoryOfThatName_MakesItOpaque(bool whiteoutFirst)
    {
        TarBuilder archive = new();
        archive = whiteoutFirst ? archive.File(".wh.d").Directory("d").File("d/f") : archive.Directory("d").File("d/f").File(".wh.d");
        _tree.Unpack(archive);
        Assert.Equal("y"u8.ToArray(), _tree.XattrOf("d", "user.overlay.opaque")!);
        Assert.True(File.Exists(_tree["d/f"]));
    }

    [Fact]
    public void Whiteout_ThenAFileBeneathThatName_MakesTheImpliedDirectoryOpaque()
    {
        _tree.Unpack(new TarBuilder().File(".wh.d").File("d/f"));
        Assert.Equal("y"u8.ToArray(), _tree.XattrOf("d", "user.overlay.opaque")!);
    }

    [Fact]
    public void Whiteout_OfAFileInTheSameLayer_LeavesTheFile()
    {
        _tree.Unpack(new TarBuilder().File("f", "x").File(".wh.f"));
        Assert.Equal("x", File.ReadAllText(_tree["f"]));
    }

    [Fact]
    public async Task OpaqueRoot_InALayer_LeavesOutTheLayersBelow()
    {
        StoredImage image = await AddAsync(new TarBuilder().File("low"), new TarBuilder().File(".wh..wh..opq").File("top"));
        Assert.Single(image.LayerDirectories);
    }

    [Fact]
    public async Task ImpliedDirectory_WithAnotherModeBelow_HasIt()
    {
        StoredImage image = await AddAsync(new TarBuilder().Directory("d", mode: 0x1C0, time: 777), new TarBuilder().File("d/f", "x"));
        FileStatus status = Tree.Status(Path.Combine(image.LayerDirectories[0], "d"));
        Assert.Equal(0x1C0u, status.Mode);
        Assert.Equal(777, status.Modified.Seconds);
        Assert.Contains("chain-", image.LayerDirectories[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImpliedDirectory_WithAnotherTimeBelow_HasIt()
    {
        StoredImage image = await AddAsync(new TarBuilder().Directory("d", time: 777), new TarBuilder().File("d/f", "x"), new TarBuilder().File("d/g", "y"));
        Assert.All(image.LayerDirectories, static layer => Assert.Equal(777, Tree.Status(Path.Combine(layer, "d")).Modified.Seconds));
    }

    [Fact]
    public async Task ImpliedDirectory_ThatNoLayerLists_IsTheSameInEachAndNeedsNoCopy()
    {
        StoredImage image = await AddAsync(new TarBuilder().File("d/e/f", "x"), new TarBuilder().File("d/e/g", "y"));
        Assert.All(image.LayerDirectories, static layer => Assert.Equal(0, Tree.Status(Path.Combine(layer, "d/e")).Modified.Seconds));
        Assert.DoesNotContain("chain-", image.LayerDirectories[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImpliedDirectory_ThatALayerBetweenRemoved_IsNew()
    {
        StoredImage image = await AddAsync(
            new TarBuilder().Directory("d", mode: 0x1C0), new TarBuilder().File(".wh.d"), new TarBuilder().File("d/f", "x"));
        Assert.Equal(0x1EDu, Tree.Status(Path.Combine(image.LayerDirectories[0], "d")).Mode);
    }

    [Fact]
    public async Task HardLink_IntoALayerBelow_IsTheSameInode()
    {
        StoredImage image = await AddAsync(
            new TarBuilder().File("d/f", "x"), new TarBuilder().File("unrelated"), new TarBuilder().HardLink("e/g", "d/f").HardLink("h", "e/g"));
        FileStatus original = Tree.Status(Path.Combine(image.LayerDirectories[2], "d/f"));
        Assert.True(original.IsSameAs(Tree.Status(Path.Combine(image.LayerDirectories[0], "e/g"))));
        Assert.True(original.IsSameAs(Tree.Status(Path.Combine(image.LayerDirectories[0], "h"))));
    }

    [Fact]
    public async Task HardLink_IntoALayerBelow_LeavesTheTimeOfItsDirectory()
    {
        StoredImage image = await AddAsync(new TarBuilder().File("f", "x"), new TarBuilder().Directory("d", time: 777).HardLink("d/g", "f"));
        Assert.Equal(777, Tree.Status(Path.Combine(image.LayerDirectories[0], "d")).Modified.Seconds);
    }

    [Fact]
    public async Task SameLayer_OverOthers_IsMendedForEach()
    {
        TarBuilder link = new TarBuilder().HardLink("g", "f");
        StoredImage one = await AddAsync(new TarBuilder().File("f", "one"), link);
        StoredImage two = await AddAsync(new TarBuilder().File("f", "two"), link);
        Assert.Equal("one", File.ReadAllText(Path.Combine(one.LayerDirectories[0], "g")));
        Assert.Equal("two", File.ReadAllText(Path.Combine(two.LayerDirectories[0], "g")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HardLink_ToWhatNoLayerShows_IsRefused(bool isRemovedBetween)
    {
        TarBuilder below = isRemovedBetween ? new TarBuilder().File("f", "x") : new TarBuilder().File("other", "x");
        CrunException refusal = await Assert.ThrowsAsync<CrunException>(
            () => AddAsync(below, new TarBuilder().File(".wh.f").File("z"), new TarBuilder().HardLink("g", "f")));
        Assert.Contains("hard link to 'f'", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(_store.List());
    }

    [Fact]
    public async Task HardLink_ThroughSymlinkOfALayerBelow_LeadsNowhere()
    {
        await Assert.ThrowsAsync<CrunException>(
            () => AddAsync(new TarBuilder().Symlink("s", _tree.Outside), new TarBuilder().HardLink("g", "s/file")));
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public async Task Cve2021_29136_SymlinkInOneLayerFileThroughItInTheNext_StaysInTheLayer()
    {
        StoredImage image = await AddAsync(new TarBuilder().Symlink("a", _tree.Outside), new TarBuilder().File("a/file", "attack"));
        Assert.Equal("attack", File.ReadAllText(Path.Combine(image.LayerDirectories[0], "a/file")));
        _tree.AssertHostIsUnchanged();
    }

    [Fact]
    public async Task Root_ThatALayerLists_IsKnown()
    {
        StoredImage image = await AddAsync(new TarBuilder().Directory("./", mode: 0x1C0).File("f"), new TarBuilder().File("g"));
        Assert.Equal(0x1C0u, image.Root.Mode);
    }

    private Task<StoredImage> AddAsync(params TarBuilder[] layers) =>
        new TestImage([.. layers.Select(static layer => layer.ToArray())]).AddToAsync(_store, null);
}
