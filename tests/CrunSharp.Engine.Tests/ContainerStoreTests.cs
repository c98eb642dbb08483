using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Engine.Tests;

public sealed class ContainerStoreTests : IDisposable
{
    private static readonly ProcessIdentity s_gone = new(1, 1, "another boot");
    private readonly TemporaryDirectory _root = new();
    private readonly ContainerStore _store;

    public ContainerStoreTests() => _store = new ContainerStore(_root.Path, _root["run"]);

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Create_WithoutAName_MakesOneUpAndKeepsTheRecord()
    {
        using CreatedContainer made = Create(null);
        Container found = _store.Get(made.Record.Name);
        Assert.Equal(made.Record.Id, found.Id);
        Assert.Equal(["sh", "-c", "echo ä\n"], found.Record.Command);
        Assert.Matches("^[a-z]+_[a-z]+", found.Name);
    }

    [Fact]
    public void Create_WithATakenName_IsRefusedAndLeavesNothing()
    {
        using CreatedContainer first = Create("web");
        CrunException failure = Assert.Throws<CrunException>(() => Create("web"));
        Assert.Contains(first.Record.Id.Value, failure.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(_root["containers"]));
        Assert.Equal(first.Record.Id, _store.Get("web").Id);
    }

    [Fact]
    public void Create_WithTheNameOfAContainerThatIsGone_TakesIt()
    {
        using (CreatedContainer first = Create("web"))
        {
            Directory.Delete(first.Directory.Path, recursive: true);
        }

        using CreatedContainer second = Create("web");
        Assert.Equal(second.Record.Id, _store.Get("web").Id);
    }

    [Fact]
    public async Task Create_OfOneNameByManyAtOnce_SucceedsOnce()
    {
        int made = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 16), TestContext.Current.CancellationToken, (_, _) =>
        {
            try
            {
                using CreatedContainer container = Create("web");
                Interlocked.Increment(ref made);
            }
            catch (CrunException)
            {
                // The others; which of them does not matter.
            }

            return ValueTask.CompletedTask;
        });
        Assert.Equal(1, made);
        Assert.Single(_store.List());
    }

    [Theory]
    [InlineData("-rm")]
    [InlineData("../x")]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData(".x")]
    public void Create_WithANameThatCannotBeAFile_IsRefused(string name)
    {
        Assert.Throws<CrunException>(() => Create(name));
        Assert.Empty(Directory.GetFileSystemEntries(_root["containers"]));
    }

    [Fact]
    public void Get_ByTheFirstCharactersOfAnId_FindsTheOnlyOne()
    {
        using CreatedContainer made = Create("web");
        Assert.Equal(made.Record.Id, _store.Get(made.Record.Id.Value[..4]).Id);
    }

    [Fact]
    public void Get_ByCharactersOfSeveralIds_IsRefused()
    {
        List<CreatedContainer> made = [.. Enumerable.Range(0, 17).Select(_ => Create(null))];
        string shared = made.GroupBy(static one => one.Record.Id.Value[..1]).First(static group => group.Count() > 1).Key;
        CrunException failure = Assert.Throws<CrunException>(() => _store.Get(shared));
        Assert.Contains("several", failure.Message, StringComparison.Ordinal);
        made.ForEach(static one => one.Dispose());
    }

    [Theory]
    [InlineData("*")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("../names")]
    public void Find_WhatIsNoNameAtAll_FindsNothing(string text)
    {
        using CreatedContainer made = Create("web");
        Assert.Null(_store.Find(text));
    }

    [Fact]
    public void List_WithARecordThatCannotBeRead_TellsAndShowsTheOthers()
    {
        using CreatedContainer good = Create("good");
        using CreatedContainer bad = Create("bad");
        File.WriteAllText(bad.Directory.Record, "{\"id\": 3");
        List<string> warnings = [];
        Assert.Equal(good.Record.Id, Assert.Single(_store.List(warnings.Add)).Id);
        Assert.Contains(bad.Directory.Record, Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Status_WhileItsMakerLives_IsCreated()
    {
        using CreatedContainer made = Create("web");
        Assert.Equal(ContainerStatus.Created, _store.Get("web").Status);
    }

    [Fact]
    public void Status_OfALivingProcess_IsRunning()
    {
        using CreatedContainer made = Create("web");
        made.Update(made.Record with { Process = ProcessIdentity.Current, Monitor = s_gone });
        Assert.Equal(ContainerStatus.Running, _store.Get("web").Status);
    }

    [Fact]
    public void Status_OfAPidThatSomebodyElseHasNow_IsDead()
    {
        using CreatedContainer made = Create("web");
        ProcessIdentity us = ProcessIdentity.Current;
        made.Update(made.Record with { Process = us with { StartTime = us.StartTime + 1 }, Monitor = s_gone });
        Assert.Equal(ContainerStatus.Dead, _store.Get("web").Status);
    }

    [Fact]
    public void Status_WithAnExitRecord_IsExitedWithItsCode()
    {
        using CreatedContainer made = Create("web");
        made.Update(made.Record with { Process = s_gone, Monitor = s_gone });
        File.WriteAllText(made.Directory.Exit, """{"pid":12,"exitCode":137,"signal":9,"exitedAt":"2026-11-24T10:40:48.123456789Z"}""");
        Container container = _store.Get("web");
        Assert.Equal(ContainerStatus.Exited, container.Status);
        Assert.Equal(137, container.Exit?.ExitCode);
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 10, 40, 48, TimeSpan.Zero).AddTicks(1234567), container.Exit?.ExitedAt);
    }

    [Fact]
    public void Delete_OfAContainer_FreesItsNameAndLeavesNothing()
    {
        using CreatedContainer made = Create("web");
        _store.Delete(_store.Get("web"));
        Assert.Empty(Directory.GetFileSystemEntries(_root["containers"]));
        Assert.Null(_store.Find("web"));
        using CreatedContainer again = Create("web");
    }

    [Fact]
    public void Recover_OfAMakingThatWasKilled_RemovesItButNotOneThatGoesOn()
    {
        ProcessIdentity us = ProcessIdentity.Current;
        Directory.CreateDirectory(_root[$"containers/.new-{new string('a', 64)}.{us.Pid}.{us.StartTime + 1}"]);
        string going = _root[$"containers/.new-{new string('b', 64)}.{us.Pid}.{us.StartTime}"];
        Directory.CreateDirectory(going);
        using CreatedContainer whole = Create("web");
        _store.Recover(static _ => false);
        Assert.Equal([going, whole.Directory.Path], Directory.GetFileSystemEntries(_root["containers"]).Order());
    }

    [Fact]
    public void Recover_AgainInOneBoot_LooksOnlyAtWhatADeadProcessHadMarked()
    {
        List<string> seen = [];
        using CreatedContainer first = Create("first");
        using CreatedContainer second = Create("second");
        _store.Recover(container => Note(seen, container));
        Assert.Equal(["first", "second"], seen.Order());

        // Ours are the marks of a process that lives; as if that of the second did not.
        seen.Clear();
        Leave(second.Record.Id);
        _store.Recover(container => Note(seen, container));
        Assert.Equal(["second"], seen);

        // It was answered that all is done for it.
        _store.Recover(container => Note(seen, container));
        Assert.Equal(["second"], seen);
    }

    [Fact]
    public void Recover_OfARunThatIsNotOver_LooksAgainTheNextTime()
    {
        _store.Recover(static _ => true);
        using CreatedContainer made = Create("web");
        Leave(made.Record.Id);
        int looks = 0;
        _store.Recover(_ => ++looks > 1);
        _store.Recover(_ => ++looks > 1);
        _store.Recover(_ => ++looks > 1);
        Assert.Equal(2, looks);
    }

    [Fact]
    public void Recover_OfAKilledRemoval_TakesTheRestAndTheName()
    {
        _store.Recover(static _ => true);
        CreatedContainer made = Create("web");
        made.Dispose();
        Directory.Move(made.Directory.Path, _root[$"containers/.old-{made.Record.Id}"]);
        Leave(made.Record.Id);
        _store.Recover(static _ => true);
        Assert.Empty(Directory.GetFileSystemEntries(_root["containers"]));
        Assert.Equal([".lock"], Directory.GetFileSystemEntries(_root["names"]).Select(Path.GetFileName));
        Assert.Equal([".boot"], Directory.GetFileSystemEntries(_root["run/runs"]).Select(Path.GetFileName));
    }

    private static bool Note(List<string> seen, Container container)
    {
        seen.Add(container.Name);
        return true;
    }

    private void Leave(ContainerId id)
    {
        string mark = _store.MarkPath(id);
        File.Move(mark, $"{mark[..mark.LastIndexOf('.')]}.1");
    }

    private CreatedContainer Create(string? name) => _store.Create(name, static (id, taken) => new ContainerRecord
    {
        Id = id,
        Name = taken,
        Image = "alpine",
        ImageId = Digest.Parse($"sha256:{new string('a', 64)}"),
        Command = ["sh", "-c", "echo ä\n"],
        Created = DateTimeOffset.UtcNow,
        AutoRemove = true,
        Monitor = ProcessIdentity.Current,
    });
}
