using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Lessons.Tests;

public sealed class LadderTests
{
    public static TheoryData<string> Names => [.. Ladder.Lessons.Select(static lesson => lesson.Name)];

    [Fact]
    public void Ladder_HasTwelveRungsInOrder() => Assert.Equal(Enumerable.Range(1, 12), Ladder.Lessons.Select(static lesson => lesson.Number));

    [Theory]
    [MemberData(nameof(Names))]
    public void Lesson_AsksOnEveryHost_AndItsWrongAnswersAreWrong(string name)
    {
        Lesson lesson = Ladder.Get(name);
        Ask[] asked = [.. lesson.Sections.SelectMany(static section => section.Steps).OfType<Ask>()];
        Assert.Contains(asked, static ask => ask.When is null);
        Assert.All(asked, static ask => Assert.DoesNotContain(ask.Wrong, ask.Accepted, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Lesson_NamesOnlyNeedsFactsAndPlaceholdersThatExist(string name)
    {
        Lesson lesson = Ladder.Get(name);
        Assert.All(lesson.Needs, static need => HostNeed.Get(need));
        LessonStep[] steps = [.. lesson.Sections.SelectMany(static section => section.Steps)];
        Assert.All(steps, static step => Assert.True(step.When is null || HostFacts.All.Contains(step.When), step.When));
        IReadOnlyDictionary<string, string> samples = OutputPattern.Samples(lesson);
        Assert.All(steps.OfType<Run>(), run => Assert.NotNull(OutputPattern.Fill(run.Command, samples)));
        Assert.All(steps.OfType<Ask>().SelectMany(static ask => ask.Accepted), answer => Assert.NotNull(OutputPattern.Fill(answer, samples)));
    }

    [Fact]
    public void Get_UnknownLesson_NamesThoseThereAre() =>
        Assert.Contains("chroot, mount, pid", Assert.Throws<CrunException>(static () => Ladder.Get("jail")).Why, StringComparison.Ordinal);

    [Fact]
    public void Read_QuestionWithoutAnswer_IsRefusedWithItsLine()
    {
        CrunException failure = Assert.Throws<CrunException>(static () => LessonReader.Read("01-x", "title: x\nminutes: 1\nneeds: userns\nidea: x\n# A\n? Why?\n"));
        Assert.Contains("no answer", failure.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Pages_Committed_AreThoseOfTheLessons()
    {
        string directory = Path.Combine(Host.Checkout, "docs", "learn");
        foreach ((string name, string text) in MarkdownPages.Generate(Ladder.Lessons))
        {
            Assert.True(File.Exists(Path.Combine(directory, name)) && File.ReadAllText(Path.Combine(directory, name)) == text,
                $"docs/learn/{name} is not what its lesson says: out/crun-sharp learn --export pages docs/learn");
        }
    }

    [Fact]
    public void Slides_HaveOneForEachSectionAndEachOpening()
    {
        string html = HtmlBook.GenerateSlides(Ladder.Lessons);
        Assert.Equal(Ladder.Lessons.Sum(static lesson => lesson.Sections.Count + 1), html.Split("<section").Length - 1);
        Assert.DoesNotContain("{{", html.Replace("${{", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
