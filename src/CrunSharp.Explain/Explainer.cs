using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>What is to be known of a step.</summary>
/// <param name="Why">Why it is there.</param>
/// <param name="Without">What would be possible without it.</param>
/// <param name="Calls">The kernel calls that carry it out.</param>
/// <param name="See">Where more is written.</param>
internal sealed record Explanation(string Why, string Without, string Calls, string See);

/// <summary>One kind of step: its explanation, and the commands that do the same.</summary>
internal abstract class Explainer(Type kind)
{
    public Type Kind { get; } = kind;

    public abstract Explanation Explain(Step step);

    /// <summary>The shell in which <see cref="Write"/> does it.</summary>
    public abstract Part PlaceIn(Script script);

    public abstract void Write(Step step, Script script);

    /// <summary>Done by the shell inside the namespaces.</summary>
    public static Explainer Inside<T>(Func<T, Explanation> explain, Action<T, Script> write) where T : Step =>
        new Explainer<T>(explain, static script => script.Inside, write);

    public static Explainer Inside<T>(Explanation explanation, Action<T, Script> write) where T : Step =>
        Inside(_ => explanation, write);

    /// <summary>Done by the shell inside, right before the chain of exec.</summary>
    public static Explainer Last<T>(Explanation explanation, Action<T, Script> write) where T : Step =>
        new Explainer<T>(_ => explanation, static script => script.Last, write);

    /// <summary>Done by a program in the chain of exec.</summary>
    public static Explainer Chained<T>(string program, Explanation explanation, Action<T, Script> write) where T : Step =>
        new Explainer<T>(_ => explanation, static script => script.Last, (step, script) =>
        {
            script.Last.Comment("   by:", $"{program}, in the chain at the end");
            write(step, script);
        });

    /// <summary>Done by the command that starts the container.</summary>
    public static Explainer Start<T>(Func<T, Explanation> explain, Action<T, Script> write) where T : Step =>
        new Explainer<T>(explain, static script => script.Start, write);

    /// <summary>Not done by the script, which says so.</summary>
    public static Explainer Left<T>(Explanation explanation, string missing) where T : Step =>
        Inside<T>(explanation, (_, script) => script.Missing.Add(missing));
}

internal sealed class Explainer<T>(Func<T, Explanation> explain, Func<Script, Part> place, Action<T, Script> write) : Explainer(typeof(T))
    where T : Step
{
    public override Explanation Explain(Step step) => explain((T)step);

    public override Part PlaceIn(Script script) => place(script);

    public override void Write(Step step, Script script) => write((T)step, script);
}
