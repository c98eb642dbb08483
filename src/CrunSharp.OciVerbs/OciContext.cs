using System.CommandLine;
using CrunSharp.Runtime;

namespace CrunSharp.OciVerbs;

/// <summary>What a verb gets beside its own options.</summary>
internal sealed record OciContext(ContainerRuntime Runtime, OciLog Log);

/// <summary>One verb: its words, and what it does.</summary>
internal abstract class OciVerb(string name, string description)
{
    public string Name { get; } = name;

    public string Description { get; } = description;

    /// <summary>How many words belong to the verb itself; those after them are a program's, whatever they look like.</summary>
    public virtual int OwnWords => int.MaxValue;

    /// <summary>What a failure of ours answers.</summary>
    public virtual int FailureCode => 1;

    public abstract void Describe(Command command);

    public abstract int Run(ParseResult parsed, OciContext context);
}
