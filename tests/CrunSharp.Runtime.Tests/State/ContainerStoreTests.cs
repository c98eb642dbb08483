using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class ContainerStoreTests
{
    private static readonly ContainerId s_id = ContainerId.Parse("c1");

    [Fact]
    public void Create_OfAnIdTwice_IsRefusedInRuncsWords()
    {
        using TemporaryDirectory root = new();
        ContainerStore store = new(root["state"]);
        store.Create(s_id);
        Assert.Contains("container with given ID already exists", Assert.Throws<CrunException>(() => store.Create(s_id)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_TheDirectories_AreTheOwnersAlone()
    {
        using TemporaryDirectory root = new();
        ContainerStore store = new(root["state"]);
        store.Create(s_id);
        UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(mine, File.GetUnixFileMode(root["state"]));
        Assert.Equal(mine, File.GetUnixFileMode(store.DirectoryOf(s_id)));
    }

    [Fact]
    public void Read_OfAnUnknownId_SaysThatItDoesNotExist()
    {
        using TemporaryDirectory root = new();
        ContainerStore store = new(root);
        Assert.Contains("container does not exist", Assert.Throws<CrunException>(() => store.Read(s_id)).Message, StringComparison.Ordinal);
        Assert.Contains("container does not exist", Assert.Throws<CrunException>(() => store.ReadSpec(s_id)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void List_OfWhatIsInTheRoot_LeavesOutHalfMadeAndForeignDirectories()
    {
        using TemporaryDirectory root = new();
        ContainerStore store = new(root);
        store.Create(s_id);
        store.Create(ContainerId.Parse("half"));
        root.Make(".seccomp");
        root.Write("file", "");
        store.WriteRecord(s_id, Record(), SpecWriter.Write(Specs.Minimal));
        Assert.Equal([s_id], store.List());
        Assert.Equal(["/bin/true"], store.ReadSpec(s_id).Process!.Args);
    }

    [Fact]
    public void WriteRecord_OfASpecWithAByteOrderMark_CanBeReadAgain()
    {
        using TemporaryDirectory root = new();
        ContainerStore store = new(root);
        store.Create(s_id);
        store.WriteRecord(s_id, Record(), [0xef, 0xbb, 0xbf, .. SpecWriter.Write(Specs.Minimal)]);
        Assert.Equal(["/bin/true"], store.ReadSpec(s_id).Process!.Args);
    }

    [Fact]
    public void Remove_OfADirectoryWithLeftovers_TakesThemAlong()
    {
        using TemporaryDirectory root = new();
        ContainerStore store = new(root);
        store.Create(s_id);
        File.WriteAllText(Path.Combine(store.DirectoryOf(s_id), "state.json.1.new"), "cut sh");
        store.Remove(s_id);
        store.Remove(s_id);
        Assert.False(Directory.Exists(store.DirectoryOf(s_id)));
    }

    private static ContainerRecord Record() => new()
    {
        Id = "c1",
        Pid = 1,
        StartTime = 1,
        BootId = "",
        Bundle = "/b",
        RootPath = "/b/rootfs",
        Created = DateTimeOffset.UnixEpoch,
        Owner = "root",
    };
}
