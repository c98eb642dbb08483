using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Lessons.Tests;

public sealed class ProgressTests
{
    [Fact]
    public void Reach_IsKept_AndNeverGoesBack()
    {
        using TemporaryDirectory directory = new();
        Lesson lesson = Ladder.Get("pid");
        Progress progress = new(directory["state"]);
        progress.Reach(lesson, 2);
        progress.Reach(lesson, 1);
        Assert.Equal(2, new Progress(directory["state"]).Sections(lesson));
    }

    [Fact]
    public void Progress_FromAnotherVersion_IsReadAsFarAsItIsUnderstood()
    {
        using TemporaryDirectory directory = new();
        directory.Write("progress", "pid 1\nmount many\n\nuser 99\n");
        Progress progress = new(directory);
        Assert.Equal(1, progress.Sections(Ladder.Get("pid")));
        Assert.Equal(0, progress.Sections(Ladder.Get("mount")));
        Assert.True(progress.IsDone(Ladder.Get("user")));
    }
}
